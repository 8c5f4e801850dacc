# Where the vault is, and the daemon beside it, as src/platform/paths.ts has it.
if [ -n "${TOOLKEY_HOME-}" ]; then
	data=$TOOLKEY_HOME/data
else
	case ${XDG_DATA_HOME-} in
	(/*) data=$XDG_DATA_HOME/toolkey ;;
	(*) data=${HOME-}/.local/share/toolkey ;;
	esac
fi
runtime=$data/run
socket=$runtime/agent.sock
# The owner of both, since in a directory that others may write to the socket may be theirs.
is_there() { [ -S "$socket" ] && [ -O "$socket" ] && [ ! -L "$socket" ] && [ -O "$runtime" ] && [ ! -L "$runtime" ]; }
