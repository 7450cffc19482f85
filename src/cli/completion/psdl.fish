# Completion of psdl in fish: a file of ~/.config/fish/completions, or `psdl completion fish | source`.
function __psdl_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$typed" 2>/dev/null)
        switch $line
            case :files :dirs
                # A path may stand behind `=` in the same word.
                set -l prefix (string match -r '^.*=' -- "$typed")
                set -l path (string replace -r '^.*=' '' -- "$typed")
                for found in (__fish_complete_path $path)
                    if test $line = :files; or string match -q '*/*' -- $found
                        echo "$prefix$found"  # quoted: an empty list would leave nothing
                    end
                end
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c psdl -f -k -a '(__psdl_complete)'
