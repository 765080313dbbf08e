package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

const (
	// minJava is the oldest Java that Kafka and Elasticsearch run on.
	minJava = 17
	// javaTimeout bounds the question for Java's version.
	javaTimeout = 20 * time.Second
)

// briefly is the option of Java for what has ended before its second compiler would pay.
const briefly = "-XX:TieredStopAtLevel=1"

// findJava returns the path of a Java that is new enough: JAVA_HOME's, else the path's. The error
// is one line that says what is missing.
func findJava(ctx context.Context) (string, error) {
	path := filepath.Join(os.Getenv("JAVA_HOME"), "bin", "java")
	if os.Getenv("JAVA_HOME") == "" {
		found, err := exec.LookPath("java")
		if err != nil {
			return "", fmt.Errorf("java %d or newer is missing (Kafka and Elasticsearch run on it): apt-get install openjdk-17-jre-headless", minJava)
		}
		path = found
	}
	ctx, cancel := context.WithTimeout(ctx, javaTimeout)
	defer cancel()
	//nolint:gosec // G702: JAVA_HOME is there to choose what is run.
	out, err := exec.CommandContext(ctx, path, "-version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("java can't be run: %s -version: %w", path, err)
	}
	version, err := javaVersion(string(out))
	if err != nil {
		return "", fmt.Errorf("%s -version: %w", path, err)
	}
	if version < minJava {
		return "", fmt.Errorf("%s is Java %d; Kafka and Elasticsearch need %d or newer: apt-get install openjdk-17-jre-headless, or set JAVA_HOME",
			path, version, minJava)
	}
	return path, nil
}

var javaVersionText = regexp.MustCompile(`version "(?:1\.)?([0-9]{1,4})`)

// javaVersion reads the feature version (8, 17) from what `java -version` prints.
func javaVersion(text string) (int, error) {
	found := javaVersionText.FindStringSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("no version in %.80q", text)
	}
	return strconv.Atoi(found[1])
}
