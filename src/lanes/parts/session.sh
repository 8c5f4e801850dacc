# What of this session reaches the key store and services, as src/core/wire/caller-variables.ts has it.
session=
for name in TOOLKEY_IDENTITY_FILE CREDENTIALS_DIRECTORY NODE_EXTRA_CA_CERTS XDG_RUNTIME_DIR SSH_AUTH_SOCK \
	DBUS_SESSION_BUS_ADDRESS KRB5CCNAME DISPLAY WAYLAND_DISPLAY http_proxy HTTP_PROXY https_proxy HTTPS_PROXY no_proxy NO_PROXY; do
	eval "value=\${$name-}"
	case $value in ('' | *[[:cntrl:]]*) ;; (*) session=${session}env.$name=$value$newline ;; esac
done
