node=$here/node
[ -x "$node" ] || node=node
# Neither is for this start: certificates cost it a second time, and options are for the user's programs.
[ -z "${NODE_EXTRA_CA_CERTS-}" ] || export TOOLKEY_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"
unset NODE_EXTRA_CA_CERTS NODE_OPTIONS
