# Completion of psdl in bash: `source <(psdl completion bash)`, or a file of /etc/bash_completion.d.
_psdl() {
  local program=${COMP_WORDS[0]/#\~/$HOME} typed=${COMP_WORDS[COMP_CWORD]} word before='' line rest=:none
  local -a words=()
  local -i i
  COMPREPLY=()
  # Bash breaks words at `=` and `:`; psdl wants them whole.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((${#words[@]})) && [[ $word == [=:]* || $before == [=:] ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    before=$word
  done
  [[ $typed == [=:] ]] && typed=''
  local whole=${words[-1]}
  local prefix=${whole%"$typed"}
  while IFS= read -r line; do
    case $line in
      :*) rest=$line ;;
      *) line=${line%%$'\t'*} && COMPREPLY+=("${line#"$prefix"}") ;;
    esac
  done < <("$program" __complete "${words[@]}" 2>/dev/null)
  case $rest in
    :files | :dirs)
      compopt -o filenames
      local kind=-f
      [[ $rest == :dirs ]] && kind=-d
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$kind" -- "$typed")
      ;;
  esac
}
complete -o nosort -F _psdl psdl
