package images

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Build makes the archives of all images in out, from the lab's binaries and programs of the host: busybox, nft, iptables, conntrack.
func Build(binaries, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	shell, err := busyboxLayer()
	if err != nil {
		return err
	}
	filters, err := filtersLayer()
	if err != nil {
		return err
	}
	program := func(name, path string) (layer, error) {
		t := newTar()
		t.copy(filepath.Join(binaries, name), path)
		return t.layer()
	}
	proxy, proxyErr := program("kube-proxy", "/usr/local/bin/kube-proxy")
	dns, dnsErr := program("coredns", "/coredns")
	flannel, flannelErr := program("flanneld", "/opt/bin/flanneld")
	wget, wgetErr := program("wget", "/bin/wget")
	if err := errors.Join(proxyErr, dnsErr, flannelErr, wgetErr); err != nil {
		return err
	}
	for _, i := range []image{
		{name: pauseArchive, layers: []layer{shell}, entrypoint: []string{"/bin/sleep", "2147483647"}},
		{name: proxyArchive, layers: []layer{shell, filters, proxy}, command: []string{"/usr/local/bin/kube-proxy"}},
		{name: dnsArchive, layers: []layer{shell, dns}, entrypoint: []string{"/coredns"}},
		{name: flannelArchive, layers: []layer{shell, filters, flannel}, entrypoint: []string{"/opt/bin/flanneld"}},
		{name: busyboxArchive, layers: []layer{shell, wget}, command: []string{"sh"}},
	} {
		if err := i.write(out); err != nil {
			return err
		}
	}
	return nil
}

// busyboxLayer has the host's busybox with all its applets but wget, and the few files that programs expect of a system.
func busyboxLayer() (layer, error) {
	path, err := exec.LookPath("busybox")
	if err != nil {
		return layer{}, fmt.Errorf("busybox is needed to make images: %w", err)
	}
	list, err := exec.Command(path, "--list").Output()
	if err != nil {
		return layer{}, err
	}
	t := newTar()
	t.folder("tmp", 0o1777)
	for _, folder := range []string{"dev", "proc", "sys", "etc", "var", "root"} {
		t.folder(folder, 0o755)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return layer{}, err
	}
	t.file("/bin/busybox", withoutWget(content), 0o755)
	if err := t.libraries(path); err != nil {
		return layer{}, err
	}
	for _, applet := range strings.Fields(string(list)) {
		if applet != "busybox" && applet != "wget" {
			t.link("/bin/"+applet, "busybox")
		}
	}
	t.file("/etc/passwd", []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"), 0o644)
	t.file("/etc/group", []byte("root:x:0:\nnobody:x:65534:\n"), 0o644)
	t.file("/etc/nsswitch.conf", []byte("hosts: files dns\n"), 0o644)
	return t.layer()
}

// withoutWget takes the applet's name out of busybox' own list, which its shell asks before it looks for a program: another name in its place keeps
// the list in order.
func withoutWget(busybox []byte) []byte {
	return bytes.ReplaceAll(busybox, []byte("\x00wget\x00"), []byte("\x00wgeu\x00"))
}

// iptablesNames are under what the programs that use it look for it.
var iptablesNames = []string{
	"iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore",
}

// filtersLayer has the host's packet filter tools with their libraries.
func filtersLayer() (layer, error) {
	t := newTar()
	for _, name := range []string{"nft", "conntrack", "iptables"} {
		path, err := lookForRoot(name)
		if err != nil {
			return layer{}, err
		}
		if err := t.libraries(path); err != nil {
			return layer{}, err
		}
		if name != "iptables" {
			t.copy(path, "/usr/sbin/"+name)
			continue
		}
		t.copy(path, "/usr/sbin/"+filepath.Base(path))
		for _, alias := range iptablesNames {
			t.link("/usr/sbin/"+alias, filepath.Base(path))
		}
	}
	extensions, err := filepath.Glob("/usr/lib/*/xtables/*.so")
	if err != nil {
		return layer{}, err
	}
	for _, extension := range extensions {
		t.copy(extension, extension)
	}
	return t.layer()
}

// lookForRoot finds a program that a person's PATH may not have, behind all links.
func lookForRoot(name string) (string, error) {
	for _, folder := range append([]string{"/usr/sbin", "/sbin"}, filepath.SplitList(os.Getenv("PATH"))...) {
		path, err := filepath.EvalSymlinks(filepath.Join(folder, name))
		if err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is needed to make images, and is not installed", name)
}

// libraries copies what a program is linked with. A static one has none, which ldd says by failing.
func (t *tarball) libraries(program string) error {
	output, err := exec.Command("ldd", program).CombinedOutput()
	if err != nil {
		if strings.Contains(string(output), "not a dynamic executable") {
			return nil
		}
		return fmt.Errorf("ldd %s: %w: %s", program, err, output)
	}
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		at := slices.IndexFunc(words, func(word string) bool { return strings.HasPrefix(word, "/") })
		if at < 0 || slices.Contains(t.folders, words[at]) {
			continue
		}
		t.copy(words[at], words[at])
		// Each library once: the list of what is there serves files too.
		t.folders = append(t.folders, words[at])
	}
	return nil
}
