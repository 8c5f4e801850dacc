/**
 * The completion scripts, one for each shell: they hand the words up to the cursor to `completion-words.ts`, and offer what it prints. They
 * ask the toolkey of PATH, not the word that was typed, which may be an alias.
 */
import type { Shell } from "../shell.ts";

/** The text as it stands here, but for the backslash before each `${`, without which it would be an expression. */
function shell({ raw: [text = ""] }: TemplateStringsArray): string {
  return text.replaceAll("\\${", "${");
}

/** Works from bash 3.2 on, which macOS has; without bash-completion what follows `toolkey run` is completed as a program and files. */
const BASH = shell`# Completion of toolkey for bash.
_toolkey() {
	local rest=\${COMP_LINE:0:COMP_POINT} words=() begins=() piece trimmed index
	# bash splits words at @, : and =, too. What has no blank between it was one.
	for ((index = 0; index <= COMP_CWORD; index++)); do
		trimmed=\${rest#"\${rest%%[![:blank:]]*}"}
		if ((index == 0)) || [[ $trimmed != "$rest" ]]; then
			words+=("")
			begins+=("$index")
		fi
		rest=$trimmed
		piece=\${COMP_WORDS[index]}
		((index < COMP_CWORD)) || piece=$rest
		words[\${#words[@]} - 1]+=$piece
		rest=\${rest#"$piece"}
	done
	local typed=\${words[\${#words[@]} - 1]} how= word _what
	# What stands before the last place where bash splits stays as it is.
	local kept=\${typed%"\${typed##*[$COMP_WORDBREAKS]}"}
	COMPREPLY=()
	{
		IFS= read -r how
		while IFS=$'\t' read -r word _what; do
			[[ $word != "$typed"* ]] || COMPREPLY+=("\${word#"$kept"}")
		done
	} < <(command toolkey completion-words -- "\${words[@]:1}" 2>/dev/null)
	case $how in
	# No files where none are meant; bash 3 can't be told.
	words) compopt +o bashdefault +o default 2>/dev/null ;;
	directories)
		compopt -o filenames 2>/dev/null
		while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "\${typed#"$kept"}")
		;;
	command*)
		index=$((\${how#command } + 1))
		if declare -F _command_offset >/dev/null; then
			_command_offset "\${begins[index]}"
		elif ((index == \${#words[@]} - 1)); then
			while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -c -- "$typed")
		fi
		;;
	esac
}
complete -o bashdefault -o default -F _toolkey toolkey
`;

const ZSH = shell`#compdef toolkey
# Completion of toolkey for zsh.
_toolkey() {
	local -a lines offered
	local line
	integer skipped
	lines=("\${(@f)$(command toolkey completion-words -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
	case $lines[1] in
	words)
		for line in "\${(@)lines[2,-1]}"; do
			offered+=("\${\${line%%$'\t'*}//:/\:}:\${line#*$'\t'}")
		done
		(( $#offered == 0 )) || _describe -t toolkey toolkey offered
		;;
	files) compset -P '--*='; _files ;;
	directories) compset -P '--*='; _files -/ ;;
	command*)
		skipped=$(( \${lines[1]#command } + 1 ))
		shift $skipped words
		(( CURRENT -= skipped ))
		_normal
		;;
	esac
}
if [[ $funcstack[1] == _toolkey ]]; then
	_toolkey "$@"
else
	compdef _toolkey toolkey
fi
`;

const FISH = shell`# Completion of toolkey for fish.
function __toolkey_complete
    set -l typed (commandline -ct)
    set -l words (commandline -opc) "$typed"
    set -l lines (command toolkey completion-words -- $words[2..-1] 2>/dev/null)
    switch "$lines[1]"
        case words
            printf '%s\n' $lines[2..-1]
        case files directories
            set -l option (string match -r -- '^--[^=]*=' "$typed")
            set -l found (string replace -r -- '^--[^=]*=' '' "$typed")
            set found (string unescape -- "$found"; or echo "$found")
            if test "$lines[1]" = files
                set found (__fish_complete_path "$found")
            else
                set found (__fish_complete_directories "$found" '')
            end
            printf "$option%s\n" $found
        case 'command *'
            set -l first (math (string replace 'command ' '' -- "$lines[1]") + 2)
            complete -C (string join ' ' -- $words[$first..-1])
    end
end
complete -c toolkey -e
complete -c toolkey -f -a '(__toolkey_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** Where each belongs below the `share` of a prefix. */
export const PLACES: Readonly<Record<Shell, string>> = {
  bash: "bash-completion/completions/toolkey",
  zsh: "zsh/site-functions/_toolkey",
  fish: "fish/vendor_completions.d/toolkey.fish",
};

/** The script that makes a shell complete `toolkey`. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}
