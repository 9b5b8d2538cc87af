package manifests

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config"

	"talos-cloud-edge/lab/machine/internal/kubeapi"
)

// Apply makes the objects that are missing. As with Talos, one that exists is left as it is.
func Apply(ctx context.Context, client *kubeapi.Client, c config.Provider, server string, log io.Writer) error {
	objects, err := render(c, server)
	if err != nil {
		return err
	}
	kinds := map[string][]resource{}
	var failed []error
	for _, o := range objects {
		created, err := create(ctx, client, kinds, o)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", o.name(), err))
			var answer *kubeapi.StatusError
			if !errors.As(err, &answer) {
				break
			}
		}
		if created {
			fmt.Fprintf(log, "created %s\n", o.name())
		}
	}
	return errors.Join(failed...)
}

func (o object) name() string {
	return o.text("apiVersion") + "/" + o.text("kind") + "/" + o.text("metadata", "name")
}

// resource is one entry of the API's own list of what it serves.
type resource struct {
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	Namespaced bool   `json:"namespaced"`
}

func create(ctx context.Context, client *kubeapi.Client, kinds map[string][]resource, o object) (bool, error) {
	collection, err := path(ctx, client, kinds, o)
	if err != nil {
		return false, err
	}
	err = client.Get(ctx, collection+"/"+o.text("metadata", "name"), nil)
	if !is(err, http.StatusNotFound) {
		return false, err
	}
	body, err := json.Marshal(o)
	if err != nil {
		return false, err
	}
	err = client.Do(ctx, http.MethodPost, collection+"?fieldManager=talos", "application/json", body, nil)
	if is(err, http.StatusConflict) {
		return false, nil
	}
	return err == nil, err
}

// path is where objects of this kind and namespace are.
func path(ctx context.Context, client *kubeapi.Client, kinds map[string][]resource, o object) (string, error) {
	version := o.text("apiVersion")
	base := "/apis/" + version
	if !strings.Contains(version, "/") {
		base = "/api/" + version
	}
	if kinds[version] == nil {
		var list struct {
			Resources []resource `json:"resources"`
		}
		if err := client.Get(ctx, base, &list); err != nil {
			return "", err
		}
		kinds[version] = list.Resources
	}
	for _, r := range kinds[version] {
		if r.Kind != o.text("kind") || strings.Contains(r.Name, "/") {
			continue
		}
		if !r.Namespaced {
			return base + "/" + r.Name, nil
		}
		namespace := o.text("metadata", "namespace")
		if namespace == "" {
			namespace = "default"
		}
		return base + "/namespaces/" + namespace + "/" + r.Name, nil
	}
	return "", &kubeapi.StatusError{Code: http.StatusNotFound, Message: "the API serves no such kind"}
}

func is(err error, code int) bool {
	var answer *kubeapi.StatusError
	return errors.As(err, &answer) && answer.Code == code
}
