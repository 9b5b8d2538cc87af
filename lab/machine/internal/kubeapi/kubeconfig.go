// Package kubeapi talks to Kubernetes' API, with no more of it than a machine needs.
package kubeapi

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"

	"go.yaml.in/yaml/v4"
)

// Kubeconfig describes a kubeconfig file of one cluster and one user.
type Kubeconfig struct {
	Cluster, Server string
	CA              []byte
	User, Context   string
	Certificate     []byte
	Key             []byte
	// Token is a bootstrap token, in place of certificate and key.
	Token string
}

type file struct {
	APIVersion     string         `yaml:"apiVersion"`
	Kind           string         `yaml:"kind"`
	Clusters       []namedCluster `yaml:"clusters"`
	Users          []namedUser    `yaml:"users"`
	Contexts       []namedContext `yaml:"contexts"`
	CurrentContext string         `yaml:"current-context"`
}

type namedCluster struct {
	Name    string  `yaml:"name"`
	Cluster cluster `yaml:"cluster"`
}

type cluster struct {
	Server string `yaml:"server"`
	CA     string `yaml:"certificate-authority-data,omitempty"`
	CAFile string `yaml:"certificate-authority,omitempty"`
}

type namedUser struct {
	Name string `yaml:"name"`
	User user   `yaml:"user"`
}

type user struct {
	Certificate     string `yaml:"client-certificate-data,omitempty"`
	Key             string `yaml:"client-key-data,omitempty"`
	CertificateFile string `yaml:"client-certificate,omitempty"`
	KeyFile         string `yaml:"client-key,omitempty"`
	Token           string `yaml:"token,omitempty"`
}

type namedContext struct {
	Name    string         `yaml:"name"`
	Context contextOfNames `yaml:"context"`
}

type contextOfNames struct {
	Cluster   string `yaml:"cluster"`
	Namespace string `yaml:"namespace"`
	User      string `yaml:"user"`
}

// YAML is the file's content.
func (k Kubeconfig) YAML() []byte {
	userName, contextName := k.User+"@"+k.Cluster, k.Context+"@"+k.Cluster
	content := file{
		APIVersion: "v1", Kind: "Config",
		Clusters: []namedCluster{{k.Cluster, cluster{Server: k.Server, CA: encode(k.CA)}}},
		Users:    []namedUser{{userName, user{Certificate: encode(k.Certificate), Key: encode(k.Key), Token: k.Token}}},
		Contexts: []namedContext{{contextName, contextOfNames{k.Cluster, "default", userName}}}, CurrentContext: contextName,
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(content); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// access is what a kubeconfig file says, with the content of the files that it names.
type access struct {
	server               string
	ca, certificate, key []byte
}

func read(path string) (*access, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f file
	if err := yaml.Unmarshal(content, &f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(f.Clusters) == 0 || len(f.Users) == 0 {
		return nil, fmt.Errorf("%s: no cluster or no user in it", path)
	}
	c, u := f.Clusters[0].Cluster, f.Users[0].User
	a := &access{server: c.Server}
	for _, part := range []struct {
		to         *[]byte
		data, file string
	}{{&a.ca, c.CA, c.CAFile}, {&a.certificate, u.Certificate, u.CertificateFile}, {&a.key, u.Key, u.KeyFile}} {
		if part.data != "" {
			*part.to, err = base64.StdEncoding.DecodeString(part.data)
		} else {
			*part.to, err = os.ReadFile(part.file)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return a, nil
}

func encode(content []byte) string { return base64.StdEncoding.EncodeToString(content) }
