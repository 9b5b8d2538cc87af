// Package authz says who calls Talos' API and what they may call.
package authz

import (
	"context"

	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// errNotAuthorized is Talos' answer to a role that may not.
var errNotAuthorized = status.Error(codes.PermissionDenied, "not authorized")

// FromCertificate are the roles of the caller's client certificate. A caller with the impersonator role, another node's apid, speaks for the
// roles that it passes on.
func FromCertificate(ctx context.Context) role.Set {
	caller, ok := peer.FromContext(ctx)
	if !ok {
		return role.Zero
	}
	tls, ok := caller.AuthInfo.(credentials.TLSInfo)
	if !ok || len(tls.State.PeerCertificates) == 0 {
		return role.Zero
	}
	roles, _ := role.Parse(tls.State.PeerCertificates[0].Subject.Organization)
	if roles.Includes(role.Impersonator) {
		if passed, ok := fromMetadata(ctx); ok {
			return passed
		}
	}
	return roles
}

// FromMetadata are the roles that apid passed on, for callers that are trusted because they are on the machine.
func FromMetadata(ctx context.Context) role.Set {
	roles, _ := fromMetadata(ctx)
	return roles
}

func fromMetadata(ctx context.Context) (role.Set, bool) {
	md, _ := metadata.FromIncomingContext(ctx)
	names := md.Get(constants.APIAuthzRoleMetadataKey)
	if len(names) == 0 {
		return role.Zero, false
	}
	roles, _ := role.Parse(names)
	return roles, true
}

// Set passes roles on.
func Set(md metadata.MD, roles role.Set) {
	md.Set(constants.APIAuthzRoleMetadataKey, roles.Strings()...)
}

// Interceptors let a call through when the caller's passed-on roles are among those that may call it.
func Interceptors() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.UnaryInterceptor(func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			if !FromMetadata(ctx).IncludesAny(allowed(info.FullMethod)) {
				return nil, errNotAuthorized
			}
			return handler(ctx, request)
		}),
		grpc.StreamInterceptor(func(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			if !FromMetadata(stream.Context()).IncludesAny(allowed(info.FullMethod)) {
				return errNotAuthorized
			}
			return handler(server, stream)
		}),
	}
}
