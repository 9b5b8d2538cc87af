package api

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Kubeconfig streams the admin's kubeconfig, in an archive as Copy does.
func (s *Server) Kubeconfig(_ *emptypb.Empty, stream grpc.ServerStreamingServer[common.Data]) error {
	if err := s.onControlPlane("kubeconfig"); err != nil {
		return err
	}
	kubernetes := s.Kubernetes()
	if kubernetes == nil {
		return status.Error(codes.FailedPrecondition, "kubeconfig is not available yet")
	}
	content, err := kubernetes.Kubeconfig()
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	packed := tar.NewWriter(zipped)
	header := &tar.Header{Typeflag: tar.TypeReg, Name: "kubeconfig", Size: int64(len(content)), ModTime: time.Now(), Mode: 0o600}
	if err := packed.WriteHeader(header); err != nil {
		return err
	}
	if _, err := packed.Write(content); err != nil {
		return err
	}
	if err := errors.Join(packed.Close(), zipped.Close()); err != nil {
		return err
	}
	return stream.Send(&common.Data{Bytes: archive.Bytes()})
}
