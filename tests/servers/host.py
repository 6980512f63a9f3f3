"""A real server for the tests of publishing: `host.py KIND FOLDER`.

Prints its port, then obeys lines on standard input and ends with it: `dump FOLDER` writes every object there, with what the
server was told of it beside it in `FOLDER.json`.
"""

import base64
import hashlib
import hmac
import json
import os
import socket
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USER, PASSWORD = "jane", "a-Word-that-nobody-prints"
AZURE_KEY = base64.b64encode(b"a key of the account that is for tests only").decode()


def write(folder, objects):
    """Writes objects (key, bytes, headers) below a folder."""
    headers = {}
    for key, body, told in objects:
        path = os.path.join(folder, key)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(body)
        headers[key] = told
    with open(folder + ".json", "w") as out:
        json.dump(headers, out)


def s3(_):
    os.environ.update(AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_DEFAULT_REGION="us-east-1")
    import boto3
    import logging
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
    client.create_bucket(Bucket="site")

    def dump(folder):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket="site")
        objects = []
        for item in (item for page in pages for item in page.get("Contents", [])):
            found = client.get_object(Bucket="site", Key=item["Key"])
            told = [found.get(k, "") for k in ("ContentType", "CacheControl", "ContentEncoding")]
            objects.append((item["Key"], found["Body"].read(), told))
        write(folder, objects)

    return port, dump


def webdav(folder):
    import logging
    from cheroot import wsgi
    from wsgidav.wsgidav_app import WsgiDAVApp

    logging.disable(logging.CRITICAL)
    app = WsgiDAVApp({
        "provider_mapping": {"/dav": folder},
        "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
        "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
        "verbose": 0,
        "logging": {"enable": False},
    })
    server = wsgi.Server(("127.0.0.1", 0), app, numthreads=20)
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    return server.bind_addr[1], None


def ftp(folder, secure=False):
    import logging
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
    from pyftpdlib.servers import ThreadedFTPServer

    logging.disable(logging.CRITICAL)
    handler = TLS_FTPHandler if secure else FTPHandler
    handler.authorizer = DummyAuthorizer()
    handler.authorizer.add_user(USER, PASSWORD, folder, perm="elradfmwMT")
    handler.auth_failed_timeout = 0
    if secure:
        handler.certfile = certificate(folder)
        handler.tls_control_required = handler.tls_data_required = True
    server = ThreadedFTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.socket.getsockname()[1], None


def ftps(folder):
    return ftp(folder, secure=True)


def certificate(folder):
    """A certificate for `localhost`, beside the folder: `FOLDER.pem` (with its key), `FOLDER.crt`."""
    import datetime
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with open(folder + ".crt", "wb") as out:
        out.write(public)
    with open(folder + ".pem", "wb") as out:
        out.write(private + public)
    return folder + ".pem"


def azure(_):
    """Blobs of one account as learn.microsoft.com/rest/api/storageservices documents them; every signature is checked."""
    blobs, lock = {}, threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def signature(self, split):
            """"Authorize with Shared Key", "Constructing the signature string"."""
            h = self.headers
            length = h.get("Content-Length", "")
            lines = [self.command, h.get("Content-Encoding", ""), h.get("Content-Language", ""),
                     "" if length == "0" else length, h.get("Content-MD5", ""), h.get("Content-Type", ""), "",
                     h.get("If-Modified-Since", ""), h.get("If-Match", ""), h.get("If-None-Match", ""),
                     h.get("If-Unmodified-Since", ""), h.get("Range", "")]
            own = sorted((k.lower(), " ".join(v.split())) for k, v in h.items() if k.lower().startswith("x-ms-"))
            lines += [f"{k}:{v}" for k, v in own]
            query = {}
            for name, value in urllib.parse.parse_qsl(split.query, keep_blank_values=True):
                query.setdefault(name.lower(), []).append(value)
            resource = "/acct" + split.path
            resource += "".join(f"\n{k}:{','.join(sorted(v))}" for k, v in sorted(query.items()))
            text = "\n".join(lines + [resource])
            digest = hmac.new(base64.b64decode(AZURE_KEY), text.encode(), hashlib.sha256).digest()
            return "SharedKey acct:" + base64.b64encode(digest).decode()

        def reply(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def error(self, status, code):
            body = f"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>".encode()
            self.reply(status, body, x_ms_error_code=code)

        def handle_one(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            split = urllib.parse.urlsplit(self.path)
            if not hmac.compare_digest(self.headers.get("Authorization", ""), self.signature(split)):
                return self.error(403, "AuthenticationFailed")
            query = dict(urllib.parse.parse_qsl(split.query))
            container, _, key = urllib.parse.unquote(split.path).lstrip("/").partition("/")
            if container != "$web":
                return self.error(404, "ContainerNotFound")
            with lock:
                if query.get("comp") == "list":
                    keys = sorted(k for k in blobs if k.startswith(query.get("prefix", "")))
                    after = [k for k in keys if k > query.get("marker", "")]
                    page, more = after[:50], after[50:]
                    names = "".join(f"<Blob><Name>{k.replace('&', '&amp;')}</Name></Blob>" for k in page)
                    following = page[-1] if more else ""
                    xml = f"<EnumerationResults><Blobs>{names}</Blobs><NextMarker>{following}</NextMarker></EnumerationResults>"
                    return self.reply(200, xml.encode(), Content_Type="application/xml")
                there = blobs.get(key)
                if self.command == "PUT":
                    if self.headers.get("If-None-Match") == "*" and there:
                        return self.error(409, "BlobAlreadyExists")
                    match = self.headers.get("If-Match")
                    if match and (not there or there[2] != match):
                        return self.error(412, "ConditionNotMet")
                    source = self.headers.get("x-ms-copy-source")
                    if source:
                        name = urllib.parse.unquote(urllib.parse.urlsplit(source).path).lstrip("/").partition("/")[2]
                        if name not in blobs:
                            return self.error(404, "CannotVerifyCopySource")
                        blobs[key] = blobs[name]
                        return self.reply(202, x_ms_copy_status="success")
                    if self.headers.get("x-ms-blob-type") != "BlockBlob":
                        return self.error(400, "InvalidHeaderValue")
                    told = [self.headers.get("x-ms-blob-" + n, "") for n in ("content-type", "cache-control", "content-encoding")]
                    etag = '"0x' + hashlib.sha256(body + os.urandom(8)).hexdigest()[:15].upper() + '"'
                    blobs[key] = (body, told, etag)
                    return self.reply(201, ETag=etag)
                if not there:
                    return self.error(404, "BlobNotFound")
                if self.command == "DELETE":
                    del blobs[key]
                    return self.reply(202)
                return self.reply(200, there[0], ETag=there[2], Content_Type=there[1][0])

        do_GET = do_HEAD = do_PUT = do_DELETE = handle_one

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def dump(folder):
        with lock:
            write(folder, [(key, body, told) for key, (body, told, _) in blobs.items()])

    return server.server_address[1], dump


if __name__ == "__main__":
    socket.setdefaulttimeout(None)
    port, dump = {f.__name__: f for f in (s3, webdav, ftp, ftps, azure)}[sys.argv[1]](os.path.abspath(sys.argv[2]))
    print(port, flush=True)
    for line in sys.stdin:
        verb, _, folder = line.strip().partition(" ")
        if verb == "dump":
            dump(folder)
            print("done", flush=True)
    os._exit(0)
