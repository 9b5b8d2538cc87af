package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/constants"

	"talos-cloud-edge/lab/machine/internal/kubeapi"
	"talos-cloud-edge/lab/machine/internal/service"
)

const (
	nodeEvery        = 2 * time.Second
	nodeTimeout      = 4 * time.Second
	nodeRetryEvery   = time.Second
	controlPlaneRole = constants.LabelNodeRoleControlPlane
)

// nodeApply keeps the labels, annotations and taints of the machine config on the Node, and tells whether the Node is Ready. A worker has kubelet's rights only, so what Kubernetes
// refuses to a Node stays undone; a control plane has an administrator's.
func (k *Kubernetes) nodeApply() service.Spec {
	return service.Spec{
		ID: "node",
		Prepare: func(ctx context.Context) error {
			if k.isControlPlane() {
				return k.apiReadyAfterSecrets(ctx)
			}
			if _, err := os.Stat(kubeletKubeconfig); err != nil {
				return errors.New("waiting for kubelet's client certificate")
			}
			return nil
		},
		Run: func(ctx context.Context, log io.Writer) error {
			last := ""
			ready := &readiness{tell: k.node.NodeReady}
			defer ready.set(false)
			for {
				pause := nodeEvery
				if err := k.applyToNode(ctx, ready); err != nil {
					pause = nodeRetryEvery
					if err.Error() != last {
						fmt.Fprintln(log, err)
					}
					last = err.Error()
				}
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(pause):
				}
			}
		},
	}
}

// node is the part of a Node that is read; the rest is left alone by patching.
type node struct {
	Metadata struct {
		ResourceVersion string            `json:"resourceVersion"`
		Labels          map[string]string `json:"labels"`
		Annotations     map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Taints []taint `json:"taints"`
	} `json:"spec"`
	Status struct {
		Conditions []condition `json:"conditions"`
	} `json:"status"`
}

type taint struct {
	Key       string `json:"key"`
	Value     string `json:"value,omitempty"`
	Effect    string `json:"effect"`
	TimeAdded string `json:"timeAdded,omitempty"`
}

func (k *Kubernetes) applyToNode(ctx context.Context, ready *readiness) error {
	ctx, cancel := context.WithTimeout(ctx, nodeTimeout)
	defer cancel()
	path := kubeletKubeconfig
	if k.isControlPlane() {
		path = adminKubeconfig
	}
	// Kubelet's certificate is renewed, so the file is read anew.
	client, err := kubeapi.Open(path)
	if err != nil {
		ready.unknown()
		return err
	}
	defer client.Close()
	url := "/api/v1/nodes/" + k.nodeName()
	var before node
	err = client.Get(ctx, url, &before)
	ready.read(before.Status.Conditions, err)
	if err != nil {
		return fmt.Errorf("error getting node: %w", err)
	}
	patch, err := k.nodePatch(before)
	if err != nil || patch == nil {
		return err
	}
	return client.Do(ctx, http.MethodPatch, url, "application/merge-patch+json", patch, nil)
}

// nodePatch is the difference between the Node and the config, as a merge patch; nil where there is none.
func (k *Kubernetes) nodePatch(before node) ([]byte, error) {
	annotations := map[string]any{}
	labels, err := changes(before.Metadata.Labels, k.labels(), before.Metadata.Annotations, constants.AnnotationOwnedLabels, annotations)
	if err != nil {
		return nil, err
	}
	ownAnnotations, err := changes(before.Metadata.Annotations, k.annotations(), before.Metadata.Annotations, constants.AnnotationOwnedAnnotations, annotations)
	if err != nil {
		return nil, err
	}
	maps.Copy(annotations, ownAnnotations)
	taints, err := k.changedTaints(before, annotations)
	if err != nil {
		return nil, err
	}
	if len(labels) == 0 && len(annotations) == 0 && taints == nil {
		return nil, nil
	}
	patch := map[string]any{"metadata": map[string]any{
		"resourceVersion": before.Metadata.ResourceVersion, "labels": labels, "annotations": annotations,
	}}
	if taints != nil {
		patch["spec"] = map[string]any{"taints": *taints}
	}
	return json.Marshal(patch)
}

func (k *Kubernetes) labels() map[string]string {
	labels := maps.Clone(map[string]string(k.config().Machine().NodeLabels()))
	if labels == nil {
		labels = map[string]string{}
	}
	if k.isControlPlane() {
		labels[controlPlaneRole] = ""
	}
	for name, version := range k.node.Extensions {
		labels[constants.K8sExtensionPrefix+name] = version
	}
	return labels
}

func (k *Kubernetes) annotations() map[string]string {
	return k.config().Machine().NodeAnnotations()
}

// changes gives what to set and, as null, what to remove. Only what is owned by Talos, by its annotation, is changed or removed; the annotation's
// own change goes into annotations.
func changes(have, want, nodeAnnotations map[string]string, ownedBy string, annotations map[string]any) (map[string]any, error) {
	owned, err := ownedNames(nodeAnnotations[ownedBy])
	if err != nil {
		return nil, err
	}
	changed := map[string]any{}
	owns := slices.Clone(owned)
	for name, value := range want {
		current, exists := have[name]
		switch {
		case exists && current == value, !exists:
			if !exists {
				changed[name] = value
			}
			if !slices.Contains(owns, name) {
				owns = append(owns, name)
			}
		case slices.Contains(owned, name):
			changed[name] = value
		}
	}
	for _, name := range owned {
		if _, wanted := want[name]; !wanted {
			changed[name] = nil
			owns = slices.DeleteFunc(owns, func(o string) bool { return o == name })
		}
	}
	setOwned(annotations, ownedBy, owned, owns)
	return changed, nil
}

// changedTaints gives all taints of the Node where any must change.
func (k *Kubernetes) changedTaints(before node, annotations map[string]any) (*[]taint, error) {
	owned, err := ownedNames(before.Metadata.Annotations[constants.AnnotationOwnedTaints])
	if err != nil {
		return nil, err
	}
	want := map[string]taint{}
	if k.isControlPlane() && !k.config().Cluster().ScheduleOnControlPlanes() {
		want[controlPlaneRole] = taint{Key: controlPlaneRole, Effect: "NoSchedule"}
	}
	for key, text := range k.config().Machine().NodeTaints() {
		value, effect, found := strings.Cut(text, ":")
		if !found {
			value, effect = "", text
		}
		want[key] = taint{Key: key, Value: value, Effect: effect}
	}
	owns := slices.Clone(owned)
	taints := []taint{}
	changed := false
	for _, current := range before.Spec.Taints {
		wanted, isWanted := want[current.Key]
		isOwned := slices.Contains(owned, current.Key)
		same := current.Value == wanted.Value && current.Effect == wanted.Effect
		switch {
		case isWanted && same && !isOwned:
			owns = append(owns, current.Key)
		case isWanted && !same && isOwned:
			current, changed = wanted, true
		case !isWanted && isOwned:
			owns = slices.DeleteFunc(owns, func(o string) bool { return o == current.Key })
			changed = true
			continue
		}
		taints = append(taints, current)
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if !slices.ContainsFunc(taints, func(t taint) bool { return t.Key == key }) {
			taints, changed = append(taints, want[key]), true
			if !slices.Contains(owns, key) {
				owns = append(owns, key)
			}
		}
	}
	setOwned(annotations, constants.AnnotationOwnedTaints, owned, owns)
	if !changed {
		return nil, nil
	}
	return &taints, nil
}

func ownedNames(annotation string) ([]string, error) {
	var names []string
	if annotation == "" {
		return names, nil
	}
	return names, json.Unmarshal([]byte(annotation), &names)
}

func setOwned(annotations map[string]any, name string, before, after []string) {
	slices.Sort(after)
	if slices.Equal(before, after) {
		return
	}
	if len(after) == 0 {
		annotations[name] = nil
		return
	}
	text, err := json.Marshal(after)
	if err != nil {
		panic(err)
	}
	annotations[name] = string(text)
}
