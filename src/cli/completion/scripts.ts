import type { Command } from 'commander'
import { valueName } from './candidates.ts'
import type { Shell } from './shells.ts'

/** Makes the script by which a shell asks this program for completions. */
export function completionScript(shell: Shell, program: Command): string {
  return shell === 'bash' ? bash : shell === 'zsh' ? zsh : fish(program)
}

/** Bash parts words at `:` and `=`, which URLs have; the parts are put together again where no space is between them. */
const bash = `# Completions of pgq-graphql for bash. Put this into ~/.bashrc:
#   source <(pgq-graphql completion bash)
_pgq_graphql() {
  local IFS=$'\\n' rest=\${COMP_LINE:0:COMP_POINT} part value
  local words=() count=0
  for part in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if [[ $count -gt 0 && -n $part && $rest != [[:space:]]* ]]; then
      words[count - 1]+=$part
    else
      rest=\${rest#"\${rest%%[![:space:]]*}"}
      words[count]=$part
      count=$((count + 1))
    fi
    rest=\${rest#"$part"}
  done
  local last=\${words[count - 1]} before=()
  local shown=\${last%"\${last##*[:=]}"}
  for part in "\${words[@]:1:count-2}"; do before+=("\${part//[\\"\\'\\\\]/}"); done
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    printf -v value %q "$value"
    COMPREPLY+=("\${value#"$shown"}")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${before[@]}" "\${last//[\\"\\'\\\\]/}" 2>/dev/null)
}
complete -o default -F _pgq_graphql pgq-graphql`

const zsh = `#compdef pgq-graphql
# Completions of pgq-graphql for zsh. Put this into ~/.zshrc, after compinit:
#   source <(pgq-graphql completion zsh)
_pgq_graphql() {
  local line
  local -a values descriptions
  for line in "\${(@f)$("\${words[1]}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    values+=("\${line%%$'\\t'*}")
    descriptions+=("\${line/$'\\t'/  }")
  done
  if (( $#values )); then
    compadd -l -d descriptions -a values
  else
    _files
  fi
}
if [[ \${funcstack[1]} == _pgq_graphql ]]; then
  _pgq_graphql "$@"
else
  compdef _pgq_graphql pgq-graphql
fi`

function fish(program: Command): string {
  const files = [...new Set(fileOptions(program))].map((name) => `complete -c pgq-graphql -l ${name} -r -F`)
  return `# Completions of pgq-graphql for fish. Put this into ~/.config/fish/completions/pgq-graphql.fish:
#   pgq-graphql completion fish | source
function __pgq_graphql_complete
  set -l words (commandline -opc)
  $words[1] __complete -- $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c pgq-graphql -f -a '(__pgq_graphql_complete)'
${files.join('\n')}`
}

/** Lists the options of all commands whose value is a file. */
function fileOptions(command: Command): string[] {
  const own = command.options.filter((option) => ['file', 'path'].includes(valueName(option)))
  return [...own.map(({ long = '' }) => long.slice(2)), ...command.commands.flatMap(fileOptions)]
}
