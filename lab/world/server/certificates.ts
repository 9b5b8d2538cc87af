/** X.509 certificates: the lab's own CA, and what clusters sign with theirs. ECDSA P-256 or whatever key the issuer has. */
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { isIPv4 } from "node:net";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as asn from "@peculiar/asn1-x509";

export interface KeyedCertificate {
  /** PEM. */
  cert: string;
  /** PEM, PKCS #8. */
  key: string;
}

export interface CertificateRequest {
  commonName: string;
  organization?: string;
  /** DNS names and IPv4 addresses. */
  names?: string[];
  use: "server" | "client" | "ca";
  days: number;
}

const DAY = 86_400_000;
const ECDSA_SHA256 = "1.2.840.10045.4.3.2";
const ED25519 = "1.3.101.112";
const OID = { commonName: "2.5.4.3", organization: "2.5.4.10" };

/**
 * Private keys as Talos writes them: the label `ED25519 PRIVATE KEY` is its own, the content is plain PKCS #8, which OpenSSL takes
 * under no other name than `PRIVATE KEY`.
 */
const privateKey = (pem: string): KeyObject => createPrivateKey(pem.replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY"));

/** Issues a certificate with a fresh P-256 key; self-signed without an issuer. */
export function issueCertificate(request: CertificateRequest, issuer?: KeyedCertificate): KeyedCertificate {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuerKey = issuer ? privateKey(issuer.key) : pair.privateKey;
  const subject = distinguishedName(request);
  const issuerCertificate = issuer && AsnConvert.parse(new X509Certificate(issuer.cert).raw, asn.Certificate);
  const algorithm = new asn.AlgorithmIdentifier({
    algorithm: issuerKey.asymmetricKeyType === "ed25519" ? ED25519 : ECDSA_SHA256,
  });
  const publicKey = pair.publicKey.export({ type: "spki", format: "der" });
  const serial = randomBytes(16);
  // A positive number without a leading zero byte, as DER wants it.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const now = Date.now();
  const body = new asn.TBSCertificate({
    version: asn.Version.v3,
    serialNumber: bytes(serial),
    signature: algorithm,
    issuer: issuerCertificate?.tbsCertificate.subject ?? subject,
    // A little before now, for clocks that differ.
    validity: new asn.Validity({ notBefore: new Date(now - DAY / 24), notAfter: new Date(now + request.days * DAY) }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(publicKey, asn.SubjectPublicKeyInfo),
    extensions: extensions(request, publicKey, issuerCertificate),
  });
  const message = Buffer.from(AsnConvert.serialize(body));
  const certificate = new asn.Certificate({
    tbsCertificate: body,
    signatureAlgorithm: algorithm,
    signatureValue: bytes(sign(issuerKey.asymmetricKeyType === "ed25519" ? null : "sha256", message, issuerKey)),
  });
  return {
    cert: new X509Certificate(Buffer.from(AsnConvert.serialize(certificate))).toString(),
    key: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Whether a client certificate was signed by this CA, is in force, and belongs to this key. */
export function certificateMistake(client: KeyedCertificate, ca: string): string | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(client.cert);
    if (!certificate.checkPrivateKey(privateKey(client.key))) return "tls: private key does not match public key";
  } catch {
    return "tls: failed to find any PEM data in certificate input";
  }
  return signatureMistake(certificate, ca);
}

/** Why a certificate is not one that this CA (PEM) vouches for now; undefined when it is. */
export function signatureMistake(certificate: X509Certificate, ca: string): string | undefined {
  if (!certificate.verify(new X509Certificate(ca).publicKey)) return "x509: certificate signed by unknown authority";
  const now = Date.now();
  if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) {
    return "x509: certificate has expired or is not yet valid";
  }
  return undefined;
}

function distinguishedName(request: CertificateRequest): asn.Name {
  const part = (type: string, value: string) =>
    new asn.RelativeDistinguishedName([
      new asn.AttributeTypeAndValue({ type, value: new asn.AttributeValue({ utf8String: value }) }),
    ]);
  const organization = request.organization === undefined ? [] : [part(OID.organization, request.organization)];
  return new asn.Name([...organization, part(OID.commonName, request.commonName)]);
}

function extensions(request: CertificateRequest, publicKey: Buffer, issuer?: asn.Certificate): asn.Extensions {
  const isCa = request.use === "ca";
  const flags = isCa ? asn.KeyUsageFlags.keyCertSign | asn.KeyUsageFlags.cRLSign : asn.KeyUsageFlags.digitalSignature;
  const own = keyIdentifier(publicKey);
  const all = [
    extension(asn.id_ce_basicConstraints, new asn.BasicConstraints({ cA: isCa }), true),
    extension(asn.id_ce_keyUsage, new asn.KeyUsage(flags), true),
    extension(asn.id_ce_subjectKeyIdentifier, new asn.SubjectKeyIdentifier(own)),
  ];
  const authority = issuer ? subjectKeyIdentifier(issuer) : own;
  if (authority) {
    const identifier = new asn.AuthorityKeyIdentifier({ keyIdentifier: new asn.KeyIdentifier(authority) });
    all.push(extension(asn.id_ce_authorityKeyIdentifier, identifier));
  }
  if (!isCa) {
    const use = request.use === "server" ? asn.id_kp_serverAuth : asn.id_kp_clientAuth;
    all.push(extension(asn.id_ce_extKeyUsage, new asn.ExtendedKeyUsage([use])));
  }
  if (request.names?.length) {
    const names = request.names.map((name) =>
      isIPv4(name) ? new asn.GeneralName({ iPAddress: name }) : new asn.GeneralName({ dNSName: name }),
    );
    all.push(extension(asn.id_ce_subjectAltName, new asn.SubjectAlternativeName(names)));
  }
  return new asn.Extensions(all);
}

const extension = (id: string, value: unknown, critical = false) =>
  new asn.Extension({ extnID: id, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

/** Key identifier by RFC 5280 4.2.1.2, method 1. */
function keyIdentifier(spki: Buffer): ArrayBuffer {
  const parsed = AsnConvert.parse(spki, asn.SubjectPublicKeyInfo);
  return bytes(createHash("sha1").update(Buffer.from(parsed.subjectPublicKey)).digest());
}

/** An issuer may have computed its identifier in another way; verifiers compare it byte by byte, so it is read, not computed. */
function subjectKeyIdentifier(certificate: asn.Certificate): ArrayBuffer | undefined {
  const found = certificate.tbsCertificate.extensions?.find((entry) => entry.extnID === asn.id_ce_subjectKeyIdentifier);
  return found && AsnConvert.parse(found.extnValue.buffer, asn.SubjectKeyIdentifier).buffer;
}

const bytes = (buffer: Buffer): ArrayBuffer => new Uint8Array(buffer).buffer;
