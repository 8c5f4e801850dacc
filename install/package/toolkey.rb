# A formula for a tap, which release.sh fills in. https://docs.brew.sh/Node-for-Formula-Authors
class Toolkey < Formula
  desc "Credential helper that gives each build tool its own token"
  homepage "@url@"
  url "@url@/toolkey-@version@.tgz"
  sha256 "@sha256@"
  license "MIT"

  depends_on "node"

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink Dir[libexec/"bin/*"]
    share.install_symlink Dir[libexec/"lib/node_modules/toolkey/share/*"]
  end

  test do
    ENV["TOOLKEY_HOME"] = testpath/"toolkey"
    system bin/"toolkey", "init", "--key", "file"
    assert_match "there are no tokens", shell_output("#{bin}/toolkey list 2>&1")
    system bin/"toolkey", "stop"
  end
end
