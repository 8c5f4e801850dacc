# Sourced by the scripts next to it: packages of another release of Debian, read and not installed, with apt's own
# check of signatures and hashes.
# shellcheck shell=sh

# The archive that this machine is already set up to use. apt knows an archive's
# origin from its Release file, so only after an update.
debian_archive() {
	apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' | sed 1q
}

# apt-get with a configuration of our own: the machine's sources and lists stay as
# they are, and neither its update hooks nor its leniency about signatures apply.
private_apt() {
	apt-get -qq -c "$apt_home/apt.conf" "$@" >&2 </dev/null
}

# configure_private_apt DIRECTORY deb|deb-src ARCHIVE RELEASE
configure_private_apt() {
	apt_home=$1
	mkdir -p "$apt_home/lists/partial" "$apt_home/archives/partial"
	: >"$apt_home/status"
	signed_by=
	for keyring in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
		test ! -e "$keyring" || signed_by="[signed-by=$keyring]"
	done
	printf '%s %s %s %s main\n' "$2" "$signed_by" "$3" "$4" >"$apt_home/sources.list"
	cat >"$apt_home/apt.conf" <<-END
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	Dir::Etc::SourceList "$apt_home/sources.list";
	Dir::Etc::SourceParts "/dev/null";
	Dir::State::Lists "$apt_home/lists";
	Dir::State::Status "$apt_home/status";
	Dir::Cache "$apt_home";
	Acquire::Languages "none";
	Acquire::Retries "2";
	APT::Update::Error-Mode "any";
	Acquire::AllowInsecureRepositories "false";
	APT::Get::AllowUnauthenticated "false";
	END
}
