package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	// ElasticsearchPort is Elasticsearch's usual port, ElasticsearchSecurePort that of a secured one.
	ElasticsearchPort       = 9200
	ElasticsearchSecurePort = 9243
	// ElasticsearchHeapMiB is Elasticsearch's heap unless configured.
	ElasticsearchHeapMiB = 1024
	// Snapshots is the folder, in a server's own, that Elasticsearch may keep snapshots in.
	Snapshots = "snapshots"
	// unprivileged is the user and group (nobody, nogroup) that Elasticsearch runs as when this
	// process is root, because it refuses to run as root.
	unprivileged = 65534
	// maxReply bounds what is read of a reply from Elasticsearch, in bytes.
	maxReply = 1 << 20
)

// StartElasticsearch runs a single node, and returns once its health is yellow or
// green. ctx bounds the start only. After an error nothing runs.
//
// For root it runs as an unprivileged user, who then owns config.Dir; every folder above
// config.Dir and config.Dist must let that user through.
func StartElasticsearch(ctx context.Context, config ServerConfig) (*Server, error) {
	return startElasticsearch(ctx, config, 0)
}

func startElasticsearch(ctx context.Context, config ServerConfig, usual int) (*Server, error) {
	config, err := config.prepare(ElasticsearchHeapMiB)
	if err != nil {
		return nil, err
	}
	java, err := findJava(ctx)
	if err != nil {
		return nil, err
	}
	user, err := elasticsearchUser(config)
	if err != nil {
		return nil, err
	}
	home := filepath.Join(config.Dist, elasticsearchDir)
	settings := filepath.Join(config.Dir, "config")
	temporary := filepath.Join(config.Dir, "tmp")
	// The distribution's start script isn't part of the layout; this is what it would run: a
	// launcher, which starts the server itself.
	launch := func(tool, libs string, args ...string) []string {
		return append([]string{
			java, "-Xmx64m", "-XX:+UseSerialGC", briefly,
			"-Dcli.name=" + tool, "-Dcli.script=" + filepath.Join(home, "bin", "elasticsearch"), "-Dcli.libs=" + libs,
			"-Des.path.home=" + home, "-Des.path.conf=" + settings,
			"-Des.distribution.type=zip", "-Des.java.type=ES_JAVA_HOME",
			"-cp", filepath.Join(home, "lib", "*") + ":" + filepath.Join(home, "lib", "cli-launcher", "*"),
			"org.elasticsearch.launcher.CliToolLauncher",
		}, args...)
	}

	return startOnFreePort(ctx, func() (*Server, error) {
		port, err := choosePort("Elasticsearch", config.Port, usual)
		if err != nil {
			return nil, err
		}
		transport, err := choosePort("Elasticsearch's transport", 0, 0)
		if err != nil {
			return nil, err
		}
		err = writeElasticsearchConfig(config.Dir, port, transport, config.Secure)
		if err != nil {
			return nil, err
		}
		if user != nil {
			err = give(config.Dir)
			if err != nil {
				return nil, err
			}
		}
		scheme := "http"
		if config.Secure != nil {
			scheme = "https"
			err = setBootstrapPassword(ctx, config, program{
				args: launch("keystore", "lib/tools/keystore-cli", "add", "--force", "--stdin", "bootstrap.password"),
				dir:  home, log: filepath.Join(config.Dir, "logs", "keystore.log"), user: user, env: []string{"ES_TMPDIR=" + temporary},
			})
			if err != nil {
				return nil, err
			}
		}
		address := net.JoinHostPort(host, strconv.Itoa(port))
		heap := strconv.Itoa(config.HeapMiB) + "m"
		// Without pre-touch an idle node holds only the memory that it needs.
		options := "-Xms" + heap + " -Xmx" + heap + " -XX:-AlwaysPreTouch"
		if config.Brief {
			options += " " + briefly
		}
		return &Server{
			Name: "Elasticsearch", Address: address, Log: config.Log, started: config.started,
			program: program{args: launch("server", "lib/tools/server-cli"), dir: home, log: config.Log, user: user, env: []string{
				"ES_JAVA_OPTS=" + options,
				"ES_TMPDIR=" + temporary,
			}},
			ready: func(ctx context.Context) error { return elasticsearchServes(ctx, scheme+"://"+address, config.Secure) },
		}, nil
	})
}

// setBootstrapPassword puts the administrator's password where the first start of a secured node
// finds it, unless it is there already.
func setBootstrapPassword(ctx context.Context, config ServerConfig, tool program) error {
	_, err := os.Stat(filepath.Join(config.Dir, "config", "elasticsearch.keystore"))
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	password, err := config.Secure.Password(ElasticsearchAdmin)
	if err != nil {
		return err
	}
	tool.input = strings.NewReader(password)
	err = tool.run(ctx)
	if err != nil {
		return fmt.Errorf("make Elasticsearch's keystore: %w; the end of %s:%s", err, tool.log, tail(tool.log))
	}
	return nil
}

// elasticsearchSecurity are the settings that let nobody in without TLS and a password or an API
// key, and copies of the certificates at the only place where a node may read them.
func (c *Credentials) elasticsearchSecurity(settings string) ([]string, error) {
	certificates := filepath.Join(settings, "certs")
	err := os.MkdirAll(certificates, 0o755)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{caFile, nodeFile, nodeKeyFile} {
		data, err := os.ReadFile(filepath.Join(c.dir, name))
		if err != nil {
			return nil, err
		}
		err = replaceSecret(filepath.Join(certificates, name), data)
		if err != nil {
			return nil, err
		}
	}
	return []string{
		"xpack.security.enabled: true",
		"xpack.security.http.ssl.enabled: true",
		"xpack.security.http.ssl.key: certs/" + nodeKeyFile,
		"xpack.security.http.ssl.certificate: certs/" + nodeFile,
		"xpack.security.http.ssl.certificate_authorities: [certs/" + caFile + "]",
	}, nil
}

func writeElasticsearchConfig(dir string, port, transport int, secure *Credentials) error {
	settings := filepath.Join(dir, "config")
	security := []string{"xpack.security.enabled: false"}
	if secure != nil {
		var err error
		security, err = secure.elasticsearchSecurity(settings)
		if err != nil {
			return err
		}
	}
	for _, sub := range []string{settings, filepath.Join(dir, "data"), filepath.Join(dir, "logs"), filepath.Join(dir, Snapshots)} {
		err := os.MkdirAll(sub, 0o755)
		if err != nil {
			return err
		}
	}
	for name, lines := range map[string][]string{
		"elasticsearch.yml": append(security,
			"cluster.name: copytaster-local",
			"node.name: local",
			"discovery.type: single-node",
			"network.host: "+host,
			"http.port: "+strconv.Itoa(port),
			"transport.port: "+strconv.Itoa(transport),
			"path.data: "+quote(filepath.Join(dir, "data")),
			"path.repo: "+quote(filepath.Join(dir, Snapshots)),
			"path.logs: "+quote(filepath.Join(dir, "logs")),
			// A nearly full disk would make every index read-only.
			"cluster.routing.allocation.disk.threshold_enabled: false",
		),
		"jvm.options": {
			"-XX:+UseG1GC",
			"-Djava.io.tmpdir=${ES_TMPDIR}",
			"20-:--add-modules=jdk.incubator.vector",
			"-XX:+ExitOnOutOfMemoryError",
			"-XX:ErrorFile=" + filepath.Join(dir, "logs", "hs_err_pid%p.log"),
		},
		"log4j2.properties": {
			"status = error",
			"appender.console.type = Console",
			"appender.console.name = console",
			"appender.console.layout.type = PatternLayout",
			"appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %m%consoleException%n",
			"rootLogger.level = warn",
			"rootLogger.appenderRef.console.ref = console",
			"logger.node.name = org.elasticsearch.node",
			"logger.node.level = info",
		},
	} {
		err := replaceFile(filepath.Join(settings, name), []byte(strings.Join(lines, "\n")+"\n"))
		if err != nil {
			return err
		}
	}
	return nil
}

// quote writes a YAML string.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// elasticsearchUser returns whom to run Elasticsearch as; nil means this process's user.
func elasticsearchUser(config ServerConfig) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, dir := range []string{config.Dir, config.Dist} {
		blocked := blockedAt(dir)
		if blocked != "" {
			return nil, fmt.Errorf("as root, Elasticsearch runs as user %d, who can't pass %s on the way to %s: use another folder, or chmod o+x it",
				unprivileged, blocked, dir)
		}
	}
	return &syscall.Credential{Uid: unprivileged, Gid: unprivileged}, nil
}

// blockedAt returns the first of dir's existing parents that the unprivileged user can't pass; ""
// when there is none.
func blockedAt(dir string) string {
	for at := filepath.Dir(dir); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err == nil {
			owner, ok := info.Sys().(*syscall.Stat_t)
			pass := info.Mode().Perm()&0o001 != 0
			if ok && owner.Uid == unprivileged {
				pass = info.Mode().Perm()&0o100 != 0
			}
			if !pass {
				return at
			}
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

// give makes the unprivileged user the owner of dir and all below it.
func give(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		owner, ok := info.Sys().(*syscall.Stat_t)
		if ok && owner.Uid == unprivileged {
			return nil
		}
		return os.Lchown(path, unprivileged, unprivileged)
	})
}

// elasticsearchServes returns nil once the cluster's health is yellow or green.
func elasticsearchServes(ctx context.Context, url string, secure *Credentials) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(url, "/")+"/_cluster/health", nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	if secure != nil {
		password, err := secure.Password(ElasticsearchAdmin)
		if err != nil {
			return err
		}
		request.SetBasicAuth(ElasticsearchAdmin, password)
		transport.TLSClientConfig, err = secure.TLS()
		if err != nil {
			return err
		}
	}
	reply, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = reply.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(reply.Body, maxReply))
	if err != nil {
		return err
	}
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("its health is answered with %s", reply.Status)
	}
	var health struct {
		Status string `json:"status"`
	}
	err = json.Unmarshal(body, &health)
	if err != nil {
		return fmt.Errorf("its health is no JSON: %w", err)
	}
	if health.Status != "yellow" && health.Status != "green" {
		return fmt.Errorf("its health is %q", health.Status)
	}
	return nil
}
