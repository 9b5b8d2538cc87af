package authz

import (
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/role"
)

var (
	admin    = role.MakeSet(role.Admin)
	operator = role.MakeSet(role.Admin, role.Operator)
	reader   = role.MakeSet(role.Admin, role.Operator, role.Reader)
	backup   = role.MakeSet(role.Admin, role.Operator, role.EtcdBackup)
	etcdRead = role.MakeSet(role.Admin, role.Operator, role.Reader, role.EtcdBackup)
)

// rules are Talos' own: who may call what. What is not listed is for admins.
var rules = map[string]role.Set{
	"EtcdAlarmList":  etcdRead,
	"EtcdMemberList": etcdRead,
	"EtcdStatus":     etcdRead,
	"EtcdSnapshot":   backup,

	"EtcdAlarmDisarm": operator,
	"EtcdDefragment":  operator,
	"Reboot":          operator,
	"ServiceRestart":  operator,
	"ServiceStart":    operator,
	"ServiceStop":     operator,
	"Shutdown":        operator,

	"Dmesg":          reader,
	"Events":         reader,
	"HealthCheck":    reader,
	"Hostname":       reader,
	"LoadAvg":        reader,
	"Logs":           reader,
	"LogsContainers": reader,
	"Memory":         reader,
	"ServiceList":    reader,
	"SystemStat":     reader,
	"Version":        reader,

	// Which resources a reader sees is decided for each type.
	"Get":   reader,
	"List":  reader,
	"Watch": reader,
}

func allowed(method string) role.Set {
	if roles, ok := rules[method[strings.LastIndexByte(method, '/')+1:]]; ok {
		return roles
	}
	return admin
}
