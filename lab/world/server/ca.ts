/** The lab's own certificate authority, which stands for the public web's: made once a lab folder, trusted only by its processes. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { issueCertificate } from "./certificates";
import type { KeyedCertificate } from "./certificates";

export class CertificateAuthority {
  private readonly issued = new Map<string, KeyedCertificate>();

  private constructor(
    /** The CA's certificate as a file, for NODE_EXTRA_CA_CERTS and SSL_CERT_FILE. */
    readonly file: string,
    private readonly own: KeyedCertificate,
  ) {}

  static open(dir: string): CertificateAuthority {
    const certFile = join(dir, "ca.crt");
    const keyFile = join(dir, "ca.key");
    if (!existsSync(certFile) || !existsSync(keyFile)) {
      const made = issueCertificate({ commonName: "talos-cloud-edge lab CA", use: "ca", days: 3650 });
      writeFileSync(keyFile, made.key, { mode: 0o600 });
      writeFileSync(certFile, made.cert);
    }
    return new CertificateAuthority(certFile, {
      cert: readFileSync(certFile, "utf8"),
      key: readFileSync(keyFile, "utf8"),
    });
  }

  /** The certificate of a host name; one is issued at first use and kept while the world runs. */
  certificateOf(host: string): KeyedCertificate {
    let found = this.issued.get(host);
    if (!found) {
      found = issueCertificate({ commonName: host, names: [host], use: "server", days: 30 }, this.own);
      this.issued.set(host, found);
    }
    return found;
  }
}
