/**
 * The scripts for the shells: they call the program at each Tab (`complete.ts`), and find files if it says so.
 *
 * @module
 */

/** The shells that can complete. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** Works from bash 3.2 on, which macOS has: no mapfile, no negative indexes. */
const BASH = `# bash completion for sockgraph
_sockgraph() {
  # COMP_WORDS is cut at colons and equal signs; here is what was typed up to the cursor, in whole words.
  local rest=\${COMP_LINE:0:COMP_POINT} words=() lead="" word blank count=0
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    blank=\${rest%%[![:space:]]*}
    rest=\${rest#"$blank"}
    [ \${#word} -gt \${#rest} ] && word=$rest
    rest=\${rest#"$word"}
    if [ "$count" -gt 0 ] && [ -z "$blank" ]; then
      lead=\${words[count-1]}
      words[count-1]=$lead$word
      case $word in :* | =*) lead=$lead$word ;; esac
    else
      lead="" words[count]=$word count=$((count + 1))
    fi
  done
  [ "$count" -gt 1 ] || return 0
  local current=\${words[count-1]} line name
  local typed=\${current#"$lead"} IFS=$'\\n'
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :sources | :files | :folders)
        compopt -o filenames 2>/dev/null
        case $line in
          :folders) COMPREPLY+=($(compgen -d -- "$typed")) ;;
          :files) COMPREPLY+=($(compgen -f -- "$typed")) ;;
          :sources)
            COMPREPLY+=($(compgen -d -- "$typed"))
            while IFS= read -r name; do
              case $name in *.yaml | *.yml | *.json) [ -d "$name" ] || COMPREPLY+=("$name") ;; esac
            done < <(compgen -f -- "$typed")
            ;;
        esac
        ;;
      *)
        line=\${line%%$'\\t'*}
        COMPREPLY+=("\${line#"$lead"}")
        ;;
    esac
  done < <("\${words[0]}" __complete "\${words[@]:1}" 2>/dev/null)
}
complete -F _sockgraph sockgraph`;

const ZSH = `#compdef sockgraph
# zsh completion for sockgraph
_sockgraph() {
  local line files
  local -a found
  for line in "\${(@f)$("$words[1]" __complete "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}"; do
    case $line in
      "") ;;
      :sources | :files | :folders) files=$line ;;
      *$'\\t'*) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
      *) found+=("\${line//:/\\\\:}") ;;
    esac
  done
  (( $#found )) && _describe -V sockgraph found
  compset -P '--*='
  case $files in
    :sources) _files -g '*.(yaml|yml|json)' ;;
    :files) _files ;;
    :folders) _files -/ ;;
  esac
}
if [[ $funcstack[1] == _sockgraph ]]; then _sockgraph "$@"; else compdef _sockgraph sockgraph; fi`;

const FISH = `# fish completion for sockgraph
function __sockgraph_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] $current 2>/dev/null)
        switch $line
            case :sources
                __fish_complete_suffix $current .yaml
                __fish_complete_suffix $current .yml
                __fish_complete_suffix $current .json
            case :files
                __fish_complete_path $current
            case :folders
                __fish_complete_directories $current
            case '*'
                echo $line
        end
    end
end
complete -c sockgraph -f -a '(__sockgraph_complete)'`;

/** The script of each shell. */
export const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = { bash: BASH, zsh: ZSH, fish: FISH };
