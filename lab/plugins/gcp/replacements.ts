/**
 * Changes that make a new resource where the gcp package's documentation does not say so (the underlying API has no way to change them).
 * Properties whose documentation says it are read from the package itself.
 */
const place = ["name", "project"];

export const gcpReplacements: Record<string, readonly string[]> = {
  "gcp:compute/network:Network": [
    ...place,
    "autoCreateSubnetworks",
    "description",
    "enableUlaInternalIpv6",
    "internalIpv6Range",
    "mtu",
    "networkProfile",
  ],
  "gcp:compute/subnetwork:Subnetwork": [...place, "network", "region", "description", "purpose", "externalIpv6Prefix"],
  "gcp:compute/firewall:Firewall": [...place, "network", "direction"],
  "gcp:compute/address:Address": ["*"],
  "gcp:compute/globalAddress:GlobalAddress": ["*"],
  "gcp:compute/route:Route": ["*"],
  "gcp:compute/router:Router": [...place, "network", "region", "encryptedInterconnectRouter"],
  "gcp:compute/routerNat:RouterNat": [...place, "router", "region", "type", "autoNetworkTier"],
  "gcp:compute/image:Image": ["*"],
  "gcp:compute/instance:Instance": [
    ...place,
    "zone",
    "description",
    "hostname",
    "canIpForward",
    "bootDisk",
    "scratchDisks",
    "guestAccelerators",
    "confidentialInstanceConfig",
    "networkInterfaces[].networkIp",
    "networkInterfaces[].nicType",
    "metadataStartupScript",
    "resourcePolicies",
  ],
  "gcp:compute/disk:Disk": [...place, "zone", "type", "image", "snapshot", "description", "physicalBlockSizeBytes"],
  "gcp:storage/bucket:Bucket": [...place, "location", "customPlacementConfig", "enableObjectRetention"],
  "gcp:storage/bucketObject:BucketObject": [
    "name",
    "bucket",
    "content",
    "source",
    "contentType",
    "contentEncoding",
    "contentDisposition",
    "contentLanguage",
    "cacheControl",
    "storageClass",
    "kmsKeyName",
    "customerEncryption",
  ],
  "gcp:serviceaccount/account:Account": ["accountId", "project"],
};

/** Exceptions to the above: labels and the like change in place. */
export const gcpUpdates: Record<string, readonly string[]> = {
  "gcp:compute/address:Address": ["labels", "deletionPolicy"],
  "gcp:compute/globalAddress:GlobalAddress": ["labels", "deletionPolicy"],
  "gcp:compute/image:Image": ["labels", "deletionPolicy"],
  "gcp:compute/instance:Instance": ["bootDisk.autoDelete"],
};
