/** Client certificate for the Talos API, each part PEM in base64. */
export interface ClientConfiguration {
  caCertificate: string;
  clientCertificate: string;
  clientKey: string;
}
