#compdef psdl
# Completion of psdl in zsh: a file `_psdl` of a folder in $fpath, or `source <(psdl completion zsh)`.
_psdl() {
  local rest=:none line
  local -a lines values
  lines=("${(@f)$("${(Q)words[1]/#\~/$HOME}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "${lines[@]}"; do
    case $line in
      :*) rest=$line ;;
      *$'\t'*) values+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
      ?*) values+=("${line//:/\\:}") ;;
    esac
  done
  (( ${#values} )) && _describe -V 'psdl' values
  case $rest in
    :files) compset -P '*='; _files ;;
    :dirs) compset -P '*='; _files -/ ;;
  esac
}
# Read as a file of $fpath this is the function's body; sourced, it declares it.
if [[ ${funcstack[1]} == _psdl ]]; then
  _psdl "$@"
else
  compdef _psdl psdl
fi
