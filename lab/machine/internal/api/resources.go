package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/resource/meta"
	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// guarded lets callers read resources only, and sensitive ones only to admins.
func guarded(resources state.State, roles func(ctx context.Context) role.Set) state.State {
	return state.WrapCore(state.Filter(resources, func(ctx context.Context, access state.Access) error {
		if !access.Verb.Readonly() {
			return status.Error(codes.PermissionDenied, "write access is not allowed")
		}
		definition, err := safe.StateGet[*meta.ResourceDefinition](ctx, resources,
			resource.NewMetadata(meta.NamespaceName, meta.ResourceDefinitionType, strings.ToLower(access.ResourceType), resource.VersionUndefined))
		if state.IsNotFoundError(err) {
			return status.Error(codes.PermissionDenied, fmt.Sprintf("resource type %q is not supported", access.ResourceType))
		}
		if err != nil {
			return err
		}
		if definition.TypedSpec().Sensitivity == meta.Sensitive && !roles(ctx).Includes(role.Admin) {
			return status.Error(codes.PermissionDenied, "not authorized")
		}
		_, err = resources.Get(ctx, resource.NewMetadata(meta.NamespaceName, meta.NamespaceType, access.ResourceNamespace, resource.VersionUndefined))
		if state.IsNotFoundError(err) {
			return status.Error(codes.PermissionDenied, fmt.Sprintf("namespace %q is not supported", access.ResourceNamespace))
		}
		return err
	}))
}
