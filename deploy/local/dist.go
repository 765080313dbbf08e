package local

import (
	"context"
	_ "embed"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

//go:embed pom.xml
var pom []byte

// The parts of a laid-out folder.
const (
	kafkaDir         = "kafka"
	elasticsearchDir = "elasticsearch"
	versionsFile     = "versions" // written last: where it is, the layout is whole
)

const (
	// layoutSpace is the free disk space that fetching and unpacking need, in bytes; the layout
	// keeps a sixth of it.
	layoutSpace = 1500 << 20
	// downloadMiB is about what Maven fetches, for the progress display.
	downloadMiB = 960
	// progressEvery is the pause between two lines about the same step.
	progressEvery = 5 * time.Second
)

// layout has Maven lay out Kafka and Elasticsearch as base/dist, unless the same versions are
// there already. A run that is cut off leaves what was fetched for the next one, and never a
// half-made layout; when it is whole, only the layout is kept.
func layout(ctx context.Context, base, logs string, progress *progress) error {
	dist := filepath.Join(base, "dist")
	versions, err := pomVersions(pom)
	if err != nil {
		return err
	}
	if whole(dist, versions) {
		return nil
	}
	err = Ensure(ctx, progress, "java", "mvn")
	if err != nil {
		return err
	}
	maven, err := exec.LookPath("mvn")
	if err != nil {
		return err
	}
	// Older leftovers are cleared first, so that they count as free.
	next := filepath.Join(base, "dist.new")
	err = errors.Join(os.RemoveAll(next), os.MkdirAll(next, 0o755))
	if err != nil {
		return err
	}
	repository := filepath.Join(base, "m2")
	err = enoughSpace(base, layoutSpace-size(repository))
	if err != nil {
		return err
	}
	file := filepath.Join(next, "pom.xml")
	err = os.WriteFile(file, pom, 0o644)
	if err != nil {
		return err
	}

	step := progress.step("download")
	step.say("Maven fetches Kafka and Elasticsearch, once, about %d MB", downloadMiB)
	run := program{
		dir: next, log: filepath.Join(logs, "maven.log"),
		// -C: a wrong checksum is an error. The repository is our own, so that 900 MB don't stay
		// in the user's.
		args: []string{maven, "-B", "-C", "-Dmaven.repo.local=" + repository, "-Dlayout=" + next, "-f", file, "package"},
	}
	err = step.during(func() string { return fmt.Sprintf("%d of about %d MB", size(repository)>>20, downloadMiB) },
		func() error { return run.run(ctx) })
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("maven can't lay out Kafka and Elasticsearch: %s (all it said: %s)", mavenError(run.log, err), run.log)
	}
	err = arrange(next, versions)
	if err != nil {
		return fmt.Errorf("lay out Kafka and Elasticsearch: %w", err)
	}
	err = errors.Join(os.RemoveAll(dist), os.Rename(next, dist), os.RemoveAll(repository))
	if err != nil {
		return err
	}
	step.done("laid out in %s", dist)
	return nil
}

// arrange brings what Maven unpacked into its final shape, marker last.
func arrange(next, versions string) error {
	found, err := filepath.Glob(filepath.Join(next, "sonar", "*", elasticsearchDir))
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("%d folders elasticsearch in the archive, want 1", len(found))
	}
	err = errors.Join(
		os.Rename(found[0], filepath.Join(next, elasticsearchDir)),
		os.RemoveAll(filepath.Join(next, "sonar")),
		os.RemoveAll(filepath.Join(next, "target")))
	if err != nil {
		return err
	}
	// Another user must read it, whatever the umask was.
	err = filepath.WalkDir(next, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o444
		if entry.IsDir() || mode&0o100 != 0 {
			mode |= 0o111
		}
		return os.Chmod(path, mode)
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(next, versionsFile), []byte(versions), 0o644)
}

// whole says whether dist holds these versions and its main parts.
func whole(dist, versions string) bool {
	got, err := os.ReadFile(filepath.Join(dist, versionsFile))
	if err != nil || string(got) != versions {
		return false
	}
	for _, part := range []string{
		kafkaDir + "/libs/kafka_*.jar", elasticsearchDir + "/lib/elasticsearch-[0-9]*.jar",
		elasticsearchDir + "/lib/cli-launcher/*.jar", elasticsearchDir + "/modules/analysis-common",
	} {
		found, err := filepath.Glob(filepath.Join(dist, filepath.FromSlash(part)))
		if err != nil || len(found) == 0 {
			return false
		}
	}
	return true
}

type property struct {
	XMLName xml.Name
	Value   string `xml:",chardata"`
}

// pomVersions returns the pom's properties that name versions, one "name value" a line, sorted.
func pomVersions(pom []byte) (string, error) {
	var project struct {
		XMLName    xml.Name `xml:"project"`
		Properties struct {
			All []property `xml:",any"`
		} `xml:"properties"`
	}
	err := xml.Unmarshal(pom, &project) //nolint:musttag // An element with any name can't have a tag.
	if err != nil {
		return "", fmt.Errorf("pom.xml: %w", err)
	}
	var lines []string
	for _, property := range project.Properties.All {
		name, is := strings.CutSuffix(property.XMLName.Local, ".version")
		if is {
			lines = append(lines, name+" "+property.Value+"\n")
		}
	}
	if len(lines) == 0 {
		return "", errors.New("pom.xml: no property names a version")
	}
	slices.Sort(lines)
	return strings.Join(lines, ""), nil
}

// size returns the bytes of all files below dir; what can't be read counts nothing.
func size(dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			var info fs.FileInfo
			info, err = entry.Info()
			if err == nil {
				sum += info.Size()
			}
		}
		if err != nil && entry != nil && entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	return sum
}

// enoughSpace is an error when the disk of dir has less than need bytes free.
func enoughSpace(dir string, need int64) error {
	var disk syscall.Statfs_t
	err := syscall.Statfs(dir, &disk)
	if err != nil {
		return fmt.Errorf("free space of %s: %w", dir, err)
	}
	free := int64(disk.Bavail) * int64(disk.Bsize) //nolint:unconvert // Narrower on other systems.
	if free < need {
		return fmt.Errorf("the disk of %s has %d MB free; fetching Kafka and Elasticsearch needs %d MB", dir, free>>20, need>>20)
	}
	return nil
}

var mavenErrorLine = regexp.MustCompile(`(?m)^(?:\x1b\[[0-9;]*m)*\[(?:\x1b\[[0-9;]*m)*ERROR(?:\x1b\[[0-9;]*m)*\] (.*\S)`)

// mavenError returns Maven's first line of error, or what its process failed with.
func mavenError(log string, failed error) string {
	data, err := os.ReadFile(log)
	if err != nil {
		return failed.Error()
	}
	found := mavenErrorLine.FindSubmatch(data)
	if found == nil {
		return failed.Error() + tail(log)
	}
	const shown = 500
	return string(found[1][:min(len(found[1]), shown)])
}
