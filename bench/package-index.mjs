// A package index that wants a login, over TLS, with everything in memory. Told {"username","password","packages"} (tls-service.mjs).
import { execFileSync } from "node:child_process";
import { serveTls } from "./tls-service.mjs";

/** A wheel of each name, as JSON in base64. */
const WHEELS = `
import base64, io, json, sys, zipfile
wheels = {}
for name in sys.argv[1:]:
    data = io.BytesIO()
    module = name.replace("-", "_")
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as wheel:
        info = module + "-1.0.dist-info/"
        files = {module + "/__init__.py": "NAME = %r\\n" % name, module + "/data.txt": "data\\n" * 20000,
                 info + "METADATA": "Metadata-Version: 2.1\\nName: %s\\nVersion: 1.0\\n" % name,
                 info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: bench\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
        for path, text in files.items():
            wheel.writestr(path, text)
        wheel.writestr(info + "RECORD", "".join(path + ",,\\n" for path in [*files, info + "RECORD"]))
    wheels[module + "-1.0-py3-none-any.whl"] = base64.b64encode(data.getvalue()).decode()
print(json.dumps(wheels))
`;

serveTls(({ username, password, packages }) => {
  const made = JSON.parse(execFileSync("python3", ["-c", WHEELS, ...packages], { encoding: "utf8", maxBuffer: 1 << 28 }));
  const files = new Map(Object.entries(made).map(([name, text]) => [`/team/files/${name}`, Buffer.from(text, "base64")]));
  const pages = new Map(
    packages.map((name) => {
      const file = `${name.replaceAll("-", "_")}-1.0-py3-none-any.whl`;
      return [`/team/simple/${name}/`, Buffer.from(`<!DOCTYPE html><html><body><a href="/team/files/${file}">${file}</a></body></html>`)];
    }),
  );
  const login = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return (request, response) => {
    const [page, file] = [pages.get(request.url), files.get(request.url)];
    if (request.headers.authorization !== login) response.writeHead(401, { "www-authenticate": 'Basic realm="bench"', "content-length": 0 }).end();
    else if (page !== undefined) response.writeHead(200, { "content-type": "text/html", "content-length": page.length }).end(page);
    else if (file !== undefined) response.writeHead(200, { "content-type": "application/octet-stream", "content-length": file.length }).end(file);
    else response.writeHead(404, { "content-length": 0 }).end();
  };
});
