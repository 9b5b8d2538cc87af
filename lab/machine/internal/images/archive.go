package images

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

const manifestName = "manifest.json"

// manifest is the index of an image archive in docker's format, which containerd reads.
type manifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// layer is one layer's tar and its digest.
type layer struct {
	content []byte
	digest  string
}

// image is what an archive is made of.
type image struct {
	name       string
	layers     []layer
	entrypoint []string
	command    []string
}

// made is the date of everything in an image: the same content gives the same image.
var made = time.Unix(0, 0).UTC()

func (i image) write(folder string) error {
	digests := make([]string, 0, len(i.layers))
	entry := manifest{}
	for _, l := range i.layers {
		digests = append(digests, "sha256:"+l.digest)
		entry.Layers = append(entry.Layers, l.digest+"/layer.tar")
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "created": made,
		"config": map[string]any{"Entrypoint": i.entrypoint, "Cmd": i.command, "Env": []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": digests},
	})
	if err != nil {
		return err
	}
	id := digest(config)
	entry.Config = id + ".json"
	entry.RepoTags = []string{fmt.Sprintf("lab.local/%s:%s", i.name, id[:16])}
	index, err := json.Marshal([]manifest{entry})
	if err != nil {
		return err
	}
	out := newTar()
	out.file(manifestName, index, 0o644)
	out.file(entry.Config, config, 0o644)
	for _, l := range i.layers {
		out.file(l.digest+"/layer.tar", l.content, 0o644)
	}
	content, err := out.finish()
	if err != nil {
		return err
	}
	path := filepath.Join(folder, i.name+".tar")
	if err := os.WriteFile(path+".next", content, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".next", path)
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// tarball collects files; the first failure is kept for finish.
type tarball struct {
	buffer  bytes.Buffer
	writer  *tar.Writer
	folders []string
	failed  error
}

func newTar() *tarball {
	t := &tarball{}
	t.writer = tar.NewWriter(&t.buffer)
	return t
}

func (t *tarball) add(header *tar.Header, content []byte) {
	if t.failed != nil {
		return
	}
	header.ModTime = made
	if t.failed = t.writer.WriteHeader(header); t.failed == nil {
		_, t.failed = t.writer.Write(content)
	}
}

func (t *tarball) folder(name string, mode int64) {
	if name == "." || name == "/" || slices.Contains(t.folders, name) {
		return
	}
	t.folder(filepath.Dir(name), 0o755)
	t.folders = append(t.folders, name)
	t.add(&tar.Header{Typeflag: tar.TypeDir, Name: strings.TrimPrefix(name, "/") + "/", Mode: mode}, nil)
}

func (t *tarball) file(name string, content []byte, mode int64) {
	t.folder(filepath.Dir(name), 0o755)
	t.add(&tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(name, "/"), Mode: mode, Size: int64(len(content))}, content)
}

func (t *tarball) link(name, target string) {
	t.folder(filepath.Dir(name), 0o755)
	t.add(&tar.Header{Typeflag: tar.TypeSymlink, Name: strings.TrimPrefix(name, "/"), Linkname: target, Mode: 0o777}, nil)
}

// copy takes a file of the host, to another name where that is given.
func (t *tarball) copy(from, name string) {
	content, err := os.ReadFile(from)
	if err != nil {
		t.failed = err
		return
	}
	t.file(name, content, 0o755)
}

func (t *tarball) finish() ([]byte, error) {
	if t.failed != nil {
		return nil, t.failed
	}
	err := t.writer.Close()
	return t.buffer.Bytes(), err
}

func (t *tarball) layer() (layer, error) {
	content, err := t.finish()
	return layer{content, digest(content)}, err
}
