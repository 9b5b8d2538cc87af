package kube

import "talos-cloud-edge/lab/machine/internal/kubeapi"

// Client reaches this machine's API server with Talos' own rights; on control planes only.
func (k *Kubernetes) Client() (*kubeapi.Client, error) { return k.adminClient() }
