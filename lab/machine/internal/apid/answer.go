package apid

import (
	"fmt"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Talos' API lets answers of many nodes be joined on the wire: every unary answer is a message whose field 1 repeats one entry for each node, and
// every entry, as every message of a stream, has the node's metadata in its field 1. Joined encodings of such answers are one answer.

// withNode adds the node that an answer came from.
func withNode(node string, streaming bool, answer []byte) ([]byte, error) {
	metadata, err := proto.Marshal(&common.Empty{Metadata: &common.Metadata{Hostname: node}})
	if err != nil {
		return nil, err
	}
	if streaming {
		return append(answer, metadata...), nil
	}
	number, kind, headerLength := protowire.ConsumeTag(answer)
	if headerLength < 0 || number != 1 || kind != protowire.BytesType {
		return nil, fmt.Errorf("answer of %s: its first field is no message", node)
	}
	entry, entryLength := protowire.ConsumeBytes(answer[headerLength:])
	if entryLength < 0 {
		return nil, fmt.Errorf("answer of %s: %w", node, protowire.ParseError(entryLength))
	}
	joined := protowire.AppendTag(nil, 1, protowire.BytesType)
	joined = protowire.AppendBytes(joined, append(append([]byte{}, entry...), metadata...))
	return append(joined, answer[headerLength+entryLength:]...), nil
}

// failure is what a node that failed contributes to the answer of many.
func failure(node string, streaming bool, err error) ([]byte, error) {
	entry := &common.Empty{Metadata: &common.Metadata{Hostname: node, Error: err.Error(), Status: status.Convert(err).Proto()}}
	if streaming {
		return proto.Marshal(entry)
	}
	return proto.Marshal(&common.EmptyResponse{Messages: []*common.Empty{entry}})
}
