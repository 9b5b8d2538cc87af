package apid

import (
	"fmt"

	"google.golang.org/grpc/mem"
)

// frame is a message that is passed on as it is.
type frame struct{ payload []byte }

// rawCodec passes messages on without looking into them.
type rawCodec struct{}

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	f, ok := v.(*frame)
	if !ok {
		return nil, fmt.Errorf("cannot pass on a %T", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(f.payload)}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	f, ok := v.(*frame)
	if !ok {
		return fmt.Errorf("cannot pass on a %T", v)
	}
	f.payload = data.Materialize()
	return nil
}

func (rawCodec) Name() string { return "proto" }
