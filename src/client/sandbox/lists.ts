/** What of a machine and a home is kept from a sandbox. `docs/sandbox.md` tells it. */

/** Below the home: not there at all. Keys, logins, histories, browsers; then sockets, and what leads to servers outside. */
export const HIDDEN = [
  ".ssh .gnupg .aws .azure .kube .oci .password-store .vault-token .pgpass .my.cnf .databrickscfg .terraform.d .netlify .fly .1password",
  ".config/gcloud .config/doctl .config/hcloud .config/op .config/rclone .config/age .config/sops .config/containers/auth.json",
  ".config/github-copilot .config/configstore .local/share/keyrings .local/share/kwalletd .pki",
  ".bash_history .zsh_history .python_history .node_repl_history .psql_history .mysql_history .sqlite_history .lesshst",
  ".local/share/fish/fish_history",
  ".mozilla .thunderbird .config/google-chrome .config/chromium .config/BraveSoftware .config/microsoft-edge .config/Signal .config/Slack",
  ".electrum .bitcoin .ethereum .config/Exodus",
  ".docker/run .docker/desktop .colima .lima .rd .orbstack .screen .emacs.d/server .local/state/watchman",
  ".gradle/daemon .m2/mvnd .sbt/1.0/server",
].flatMap(words);

/** Below the home: what is started or read later, outside. Files directly in a home are read-only anyway. */
export const READ_ONLY = [
  "bin .local/bin .local/lib .profile.d .bashrc.d .bash.d .zsh .zsh.d .oh-my-zsh .vim .emacs.d .pythonrc.d",
  ".config/systemd .config/autostart .config/git .config/fish .config/zsh .config/bash .config/nushell .config/environment.d",
  ".config/plasma-workspace .config/i3 .config/sway .config/hypr .config/nvim .config/tmux .config/pip .config/npm",
  ".local/share/systemd .local/share/dbus-1 .local/share/applications .local/share/bash-completion .local/share/fish .local/share/nautilus",
  ".gradle/init.d .gradle/init.gradle .gradle/init.gradle.kts .gradle/gradle.properties",
  ".cargo/bin .cargo/env .cargo/config .cargo/config.toml .docker/config.json .docker/cli-plugins",
  ".m2/settings.xml .m2/settings-security.xml .m2/settings-security4.xml .m2/toolchains.xml .m2/extensions.xml",
  ".nvm/nvm.sh .nvm/bash_completion .sdkman/bin .asdf/asdf.sh .asdf/bin .asdf/lib .rvm/scripts",
  ".pyenv/bin .pyenv/libexec .rbenv/bin .rbenv/libexec",
].flatMap(words);

/** Directly in a home. */
export const START_UP_FILES = [
  ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin .zlogout",
  ".kshrc .mkshrc .cshrc .tcshrc .login .logout .inputrc",
  ".xprofile .xinitrc .xsession .xsessionrc .Xresources .pam_environment .gitconfig .gitattributes .mavenrc .npmrc",
  ".vimrc .exrc .emacs .tmux.conf .screenrc .gdbinit .curlrc .wgetrc .pythonrc .netrc .pypirc",
  ".condarc .editrc .selected_editor .rhosts .forward",
].flatMap(words);

/**
 * Directories of a home in which new names are the sandbox's own, and what was there before is as it was: so nothing can be added
 * that means something outside. The home itself is one of them, unless it is the project.
 */
export const LAYERED = [".config", ".local", ".local/share", ".gradle", ".cargo", ".m2"] as const;

/** Below the home: caches that would not be kept if they were not there. By the program that would make them, or always. */
export const KEPT_CACHES: readonly (readonly [directory: string, program?: string])[] = [
  [".cache"],
  [".npm", "npm"],
  [".m2/repository", "mvn"],
];

/** Read-only whoever runs it, root too. */
export const SYSTEM_READ_ONLY = [
  "/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/sbin", "/snap", "/sys", "/usr",
  "/var/lib/systemd", "/var/spool/anacron", "/var/spool/at", "/var/spool/cron",
] as const;

/** Of the kernel: by these root would have it start something, also without any capability. bwrap covers what is left of such. */
export const KERNEL_READ_ONLY = ["/proc/sys", "/proc/sysrq-trigger", "/proc/acpi", "/proc/fs", "/proc/scsi"] as const;

/** Directories of the sandbox's own, with their modes. Sockets of everything are in them. */
export const SYSTEM_PRIVATE: readonly (readonly [path: string, mode: string])[] = [
  ["/run", "0755"],
  ["/var/run", "0755"],
  ["/tmp", "1777"],
];

/** What is needed of `/run`: how names are resolved, and where the programs of NixOS are. */
export const SHOWN_OF_RUN = ["/run/current-system", "/run/opengl-driver", "/run/wrappers"] as const;
export const SHOWN_BY_LINK = ["/etc/resolv.conf", "/etc/localtime", "/etc/hosts"] as const;

/** Capabilities of root in it: those of builds, and none that reaches out of it. */
export const CAPABILITIES_OF_ROOT = [
  "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "SETFCAP", "NET_BIND_SERVICE", "SYS_CHROOT",
] as const;

function words(line: string): string[] {
  return line.split(" ");
}
