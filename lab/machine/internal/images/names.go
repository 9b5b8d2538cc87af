// Package images makes the images of what runs in pods out of the lab's own binaries, and gives them to a machine's containerd: the lab has no registry.
package images

import (
	"slices"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/constants"
)

// Names that Talos does not leave to the machine config.
const (
	Pause   = "registry.k8s.io/pause:3.10"
	Flannel = "ghcr.io/siderolabs/flannel:" + constants.FlannelVersion
)

// Busybox is the name under which the connectivity check finds it where nothing else is said.
const Busybox = "docker.io/library/busybox:1.37.0"

// Archives of images, by their file names without ".tar".
const (
	pauseArchive   = "pause"
	proxyArchive   = "kube-proxy"
	dnsArchive     = "coredns"
	flannelArchive = "flannel"
	busyboxArchive = "busybox"
)

// Names gives, for every archive, the names that the machine config and Talos have for it; busybox has those in more too.
func Names(c config.Provider, more []string) map[string][]string {
	busybox := append([]string{Busybox}, more...)
	slices.Sort(busybox)
	return map[string][]string{
		pauseArchive:   {Pause},
		proxyArchive:   {c.Cluster().Proxy().Image()},
		dnsArchive:     {c.Cluster().CoreDNS().Image()},
		flannelArchive: {Flannel},
		busyboxArchive: slices.Compact(busybox),
	}
}
