package boot

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

type toolCLI struct {
	Look struct {
		Sea struct {
			Config string `type:"path"`
			Ports  string `default:"none"`
			Salt   int
		} `embed:"" group:"sea"`
		Yes bool
	} `cmd:""`
	Other struct {
		Ports string `env:"COPYTASTER_PORTS" default:"none"`
	} `cmd:""`
}

func TestSettingsOfOneGroup(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte("COPYTASTER_PORTS=file\nCOPYTASTER_TOOL_SALT=7\nCOPYTASTER_YES=true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, args string
		env        map[string]string
		ports      string
		salt       int
		err        string
	}{
		{name: "nothing", args: "look", ports: "none"},
		{name: "environment", args: "look", env: map[string]string{"COPYTASTER_PORTS": "env", "COPYTASTER_TOOL_SALT": "3"}, ports: "env", salt: 3},
		{name: "file", args: "look --config=" + file, ports: "file", salt: 7},
		{name: "file named by the environment", args: "look", env: map[string]string{"COPYTASTER_CONFIG": file}, ports: "file", salt: 7},
		{name: "environment over file", args: "look --config=" + file, env: map[string]string{"COPYTASTER_PORTS": "env"}, ports: "env", salt: 7},
		{name: "flag over all", args: "look --ports=flag --config=" + file, env: map[string]string{"COPYTASTER_PORTS": "env"}, ports: "flag", salt: 7},
		{name: "no such file", args: "look --config=" + file + "x", err: "no such file"},
		{name: "another command has no file", args: "other", env: map[string]string{"COPYTASTER_CONFIG": file + "x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			var cli toolCLI
			p, err := kong.New(&cli, Settings("tool", "sea"), kong.Writers(io.Discard, io.Discard))
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Parse(strings.Fields(c.args))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("%v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if cli.Look.Yes {
				t.Error("a flag outside the group was read from the file")
			}
			if strings.HasPrefix(c.args, "look") && (cli.Look.Sea.Ports != c.ports || cli.Look.Sea.Salt != c.salt) {
				t.Errorf("got %+v", cli.Look.Sea)
			}
		})
	}
}
