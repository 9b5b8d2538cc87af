package platform

import "path/filepath"

// Dir is the folder in which a machine lives.
type Dir string

// Inside is where a machine sees its own folder.
const Inside Dir = "/system/lab"

// Paths inside the machine, under Talos' names where Talos has them.
const (
	StateDir     = "/system/state"
	EphemeralDir = "/var"
	BinariesDir  = "/system/bin"
	ImagesDir    = "/system/images"
	CAFile       = "/system/web-ca.pem"
	UserData     = "/system/user-data"
)

func (d Dir) path(name string) string { return filepath.Join(string(d), name) }

// Platform is the file in which the lab describes the machine.
func (d Dir) Platform() string { return d.path("platform.json") }

// State is the STATE partition.
func (d Dir) State() string { return d.path("state") }

// Ephemeral is the EPHEMERAL partition.
func (d Dir) Ephemeral() string { return d.path("ephemeral") }

// Root is where the machine's root file system is put together, in its own mount namespace.
func (d Dir) Root() string { return d.path("root") }

// Logs holds one file for each service.
func (d Dir) Logs() string { return d.path("logs") }

// Console has what the machine's screen shows.
func (d Dir) Console() string { return d.path("console.log") }

// Status is the file that says how the machine is.
func (d Dir) Status() string { return d.path("status.json") }

// PID is the file with the process id of the machine's outer process.
func (d Dir) PID() string { return d.path("pid") }

// Wipe names the partitions that are wiped before the next boot.
func (d Dir) Wipe() string { return d.path("wipe.json") }
