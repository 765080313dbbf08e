// Package docker_test holds docker-compose.yml to the official schema and to
// the rules of this repository, where no Docker engine is at hand.
package docker_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

const root = "../.."

// Binaries that bundle services have a main, but no container of their own.
var bundles = []string{"copytaster"}

func TestComposeFile(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	services, err := servicesWithMain(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(services) == 0 {
		t.Fatal("no service with a main under services/: the test looks in the wrong place")
	}
	project, err := load(t.Context(), content)
	if err != nil {
		t.Fatalf("docker-compose.yml: %v", err)
	}
	for _, complaint := range complaints(project, services) {
		t.Errorf("docker-compose.yml: %s", complaint)
	}
}

// The checks themselves must be able to fail: each case spoils one thing in the
// real file.
func TestSpoiltComposeFileIsRefused(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		old, new string
		want     string
	}{
		"unknown key":          {"    <<: *service\n    image: copytaster/enrich\n", "    <<: *service\n    imagine: copytaster/enrich\n", "imagine"},
		"wrong type":           {"retries: 12", "retries: often", "retries"},
		"unknown dependency":   {"kafka: {condition: service_healthy}", "kafak: {condition: service_healthy}", "kafak"},
		"undeclared volume":    {"- drop:/var", "- dorp:/var", "dorp"},
		"service missing":      {"\n  enrich:\n", "\n  enrichment:\n", "enrich: no container"},
		"open port":            {"127.0.0.1:${COPYTASTER_SEARCH_PORT:-8804}:8080", "8804:8080", "search: port 8080 is published on every address"},
		"open port by address": {"127.0.0.1:${COPYTASTER_SEARCH_PORT:-8804}:8080", "0.0.0.0:8804:8080", "search: port 8080 is published on 0.0.0.0"},
		"no memory limit":      {"    mem_limit: 2g\n", "", "elasticsearch: no memory limit"},
		"no health check":      {"    test: [CMD, /service, healthcheck]\n", "    disable: true\n", "index: no health check"},
		"health check by shell": {
			"test: [CMD, /service, healthcheck]", "test: curl localhost:8080",
			"index: health check is not the program's own",
		},
		"no restart":           {"x-service: &service\n  restart: unless-stopped\n", "x-service: &service\n", "index: not restarted"},
		"push without a token": {"      COPYTASTER_INGEST_PUSH_OPEN: \"true\"\n", "", "ingest: listens on 0.0.0.0:8080, and push has no token"},
		"push open and guarded": {
			"COPYTASTER_INGEST_PUSH_OPEN: \"true\"", "COPYTASTER_INGEST_PUSH_OPEN: \"true\"\n      COPYTASTER_PUSH_TOKEN_FILE: /token",
			"ingest: push has a token, and is open",
		},
		"search without keys":  {"      COPYTASTER_SEARCH_OPEN: \"true\"\n", "", "search: listens on 0.0.0.0:8080, asks for no keys"},
		"search open and asks": {"COPYTASTER_SEARCH_OPEN: \"true\"", "COPYTASTER_SEARCH_OPEN: \"true\"\n      COPYTASTER_SEARCH_KEYS: \"true\"", "search: asks for keys, and is open"},
		"other dockerfile":     {"args: {SERVICE: enrich}", "args: {SERVICE: index}", "enrich: builds service \"index\""},
		"two on one port":      {"COPYTASTER_SEARCH_PORT:-8804", "COPYTASTER_SEARCH_PORT:-8801", "both published on 127.0.0.1:8801"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if !bytes.Contains(content, []byte(test.old)) {
				t.Fatalf("the file has no %q to spoil", test.old)
			}
			spoilt := bytes.Replace(content, []byte(test.old), []byte(test.new), 1)
			project, err := load(t.Context(), spoilt)
			var all []string
			if err != nil {
				all = []string{err.Error()}
			} else {
				all = complaints(project, []string{"enrich", "index", "ingest", "search"})
			}
			if !strings.Contains(strings.Join(all, "\n"), test.want) {
				t.Errorf("got %q, want a complaint that contains %q", all, test.want)
			}
		})
	}
}

func TestEveryServiceHasAFolderForItsImage(t *testing.T) {
	dockerfile, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	// What the Dockerfile copies must be what .dockerignore lets through.
	ignore, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	passed := strings.Split(string(ignore), "\n")
	copied := 0
	for line := range strings.Lines(string(dockerfile)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[0] != "COPY" {
			continue
		}
		copied++
		if _, err := os.Stat(filepath.Join(root, fields[1])); err != nil {
			t.Errorf("Dockerfile copies what is not there: %v", err)
		}
		if !slices.Contains(passed, "!"+fields[1]) {
			t.Errorf("Dockerfile copies %s, which .dockerignore keeps from the builder", fields[1])
		}
	}
	if copied == 0 {
		t.Error("found no COPY in the Dockerfile: the test reads it wrongly")
	}
}

// load validates content against the compose schema, fills in variables by
// their defaults, and resolves names.
func load(ctx context.Context, content []byte) (*types.Project, error) {
	return loader.LoadWithContext(ctx, types.ConfigDetails{
		WorkingDir:  root,
		ConfigFiles: []types.ConfigFile{{Filename: "docker-compose.yml", Content: content}},
	})
}

// servicesWithMain lists the services that have a program of their own name.
func servicesWithMain(root string) ([]string, error) {
	mains, err := filepath.Glob(filepath.Join(root, "services", "*", "cmd", "*", "main.go"))
	if err != nil {
		return nil, err
	}
	var services []string
	for _, main := range mains {
		of := filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(main))))
		if service := filepath.Base(filepath.Dir(main)); service == of && !slices.Contains(bundles, service) { // others make data
			services = append(services, service)
		}
	}
	return services, nil
}

// complaints tells what is wrong with project beyond the schema, given the
// services that must be in it.
func complaints(project *types.Project, services []string) []string {
	var all []string
	complain := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }

	for _, name := range services {
		c, ok := project.Services[name]
		if !ok {
			complain("%s: no container", name)
			continue
		}
		if c.Build == nil || c.Build.Dockerfile != "deploy/docker/Dockerfile" {
			complain("%s: not built by deploy/docker/Dockerfile", name)
		} else if arg := c.Build.Args["SERVICE"]; arg == nil || *arg != name {
			complain("%s: builds service %q", name, deref(arg))
		}
		if c.HealthCheck != nil && !c.HealthCheck.Disable && !slices.Equal(c.HealthCheck.Test, []string{"CMD", "/service", "healthcheck"}) {
			complain("%s: health check is not the program's own, and its image has no other", name)
		}
	}

	for _, complaint := range pushComplaints(project.Services["ingest"].Environment) {
		complain("ingest: %s", complaint)
	}
	for _, complaint := range searchComplaints(project.Services["search"].Environment) {
		complain("search: %s", complaint)
	}

	published := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(project.Services)) {
		c := project.Services[name]
		if c.MemLimit <= 0 {
			complain("%s: no memory limit", name)
		}
		if c.HealthCheck == nil || c.HealthCheck.Disable || len(c.HealthCheck.Test) == 0 {
			complain("%s: no health check", name)
		}
		if c.Restart != "unless-stopped" {
			complain("%s: not restarted after a crash", name)
		}
		if c.NetworkMode == "host" {
			complain("%s: shares the network of the machine", name)
		}
		for _, port := range c.Ports {
			address, err := netip.ParseAddr(port.HostIP)
			switch {
			case port.HostIP == "":
				complain("%s: port %d is published on every address", name, port.Target)
			case err != nil || !address.IsLoopback():
				complain("%s: port %d is published on %s", name, port.Target, port.HostIP)
			}
			where := port.HostIP + ":" + port.Published
			if other, taken := published[where]; taken {
				complain("%s and %s are both published on %s", other, name, where)
			}
			published[where] = name
		}
		for _, volume := range c.Volumes {
			if volume.Type != types.VolumeTypeVolume || volume.Source == "" {
				complain("%s: %s is not on a named volume", name, volume.Target)
			}
		}
	}
	return all
}

// searchComplaints tells why search would refuse to start with these settings.
func searchComplaints(environment types.MappingWithEquals) []string {
	get := func(setting string) string { return deref(environment["COPYTASTER_"+setting]) }
	open, keys := get("SEARCH_OPEN") == "true", get("SEARCH_KEYS") == "true"
	at, err := netip.ParseAddrPort(get("LISTEN"))
	switch {
	case open && keys:
		return []string{"asks for keys, and is open: it does not start"}
	case !open && !keys && (err != nil || !at.Addr().IsLoopback()):
		return []string{fmt.Sprintf("listens on %s, asks for no keys and is not open: it does not start", get("LISTEN"))}
	}
	return nil
}

// pushComplaints tells why ingest would refuse to start with these settings, or
// let everybody in.
func pushComplaints(environment types.MappingWithEquals) []string {
	get := func(setting string) string {
		if v := environment["COPYTASTER_INGEST_"+setting]; v != nil {
			return *v
		}
		return deref(environment["COPYTASTER_"+setting])
	}
	open, token := get("PUSH_OPEN") == "true", get("PUSH_TOKEN_FILE") != "" || get("PUSH_TOKEN") != ""
	at, err := netip.ParseAddrPort(get("LISTEN"))
	switch {
	case open && token:
		return []string{"push has a token, and is open: it does not start"}
	case !open && !token && (err != nil || !at.Addr().IsLoopback()):
		return []string{fmt.Sprintf("listens on %s, and push has no token and is not open: it does not start", get("LISTEN"))}
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
