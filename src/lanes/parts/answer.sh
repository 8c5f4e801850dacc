# The answer, as docs/wire.md has it.
status=${answer%%"$newline"*}
rest=${answer#*"$newline"}$newline
notes=
code=
exit=
case $status in
(ok | miss | error)
	while line=${rest%%"$newline"*} && [ -n "$line" ]; do
		rest=${rest#*"$newline"}
		case $line in
		(note=*) notes=${notes}toolkey:\ ${line#note=}$newline ;;
		(hint=*) notes=${notes}hint:\ ${line#hint=}$newline ;;
		(code=*) code=${line#code=} ;;
		(exit=*) exit=${line#exit=} ;;
		esac
	done
	rest=${rest#"$newline"}
	;;
esac
