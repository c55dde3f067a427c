// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"debug/macho"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// Binary is a plugin's file on this machine.
type Binary struct {
	Path         string
	SHA256       string // hex
	System       string // "linux", "darwin" or ""
	Architecture string // as in GOARCH, or ""
	Version      string // vX.Y.Z
}

// askTime is how long a binary may take to say its version.
const askTime = 10 * time.Second

var semver = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// Examine reads a binary. version is what it is to be registered as; when empty,
// the binary is asked with -version, which needs a binary for this machine.
func Examine(ctx context.Context, path, version string) (Binary, error) {
	b := Binary{Path: path}
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return b, refuse("there is no file %s", path)
	case err != nil:
		return b, err
	case !info.Mode().IsRegular():
		return b, refuse("%s is no regular file", path)
	}
	if b.SHA256, err = sum(path); err != nil {
		return b, err
	}
	b.System, b.Architecture = platform(path)
	if b.System == "" {
		return b, refuse("%s is no program that a Vault server could run: neither ELF nor Mach-O. Is it an archive or a script?", path)
	}
	b.Version = version
	asked, why := ask(ctx, b, info.Mode())
	switch {
	case version == "" && asked == "":
		return b, refuse("the version of %s is not known (%s): say it with -version=vX.Y.Z, as the binary was built", path, why)
	case version == "":
		b.Version = asked
	case asked != "" && asked != version:
		return b, refuse("%s says that it is %s, and not %s: Vault would refuse it under any other version than its own", path, asked, version)
	}
	if !semver.MatchString(b.Version) {
		return b, refuse("the version %q has not the form vX.Y.Z", b.Version)
	}
	return b, nil
}

// sum is the SHA-256 of a file.
func sum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// platform reads for what a binary was compiled.
func platform(path string) (system, architecture string) {
	if f, err := elf.Open(path); err == nil {
		defer f.Close()
		names := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64", elf.EM_386: "386", elf.EM_ARM: "arm", elf.EM_S390: "s390x", elf.EM_PPC64: "ppc64le", elf.EM_RISCV: "riscv64"}
		return "linux", names[f.Machine]
	}
	if f, err := macho.Open(path); err == nil {
		defer f.Close()
		names := map[macho.Cpu]string{macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64"}
		return "darwin", names[f.Cpu]
	}
	return "", ""
}

// ask runs the binary, with an empty environment, to learn its version.
func ask(ctx context.Context, b Binary, mode os.FileMode) (version, why string) {
	if b.System != runtime.GOOS || b.Architecture != runtime.GOARCH {
		return "", "it is for " + b.System + "/" + b.Architecture + ", this machine is " + runtime.GOOS + "/" + runtime.GOARCH
	}
	if mode&0o111 == 0 {
		return "", "it may not be executed here"
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.Path, "-version")
	cmd.Env = []string{}
	out, err := cmd.Output()
	if err != nil {
		return "", "asked with -version it ended with: " + err.Error()
	}
	version = strings.TrimSpace(string(out))
	if !semver.MatchString(version) {
		return "", "asked with -version it did not answer a version"
	}
	return version, ""
}

// fits tells whether the server could run the binary, by what uname says there.
func (b Binary) fits(system, machine string) bool {
	names := map[string]string{"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i686": "386", "armv7l": "arm", "s390x": "s390x", "ppc64le": "ppc64le", "riscv64": "riscv64"}
	return b.System == system && (b.Architecture == "" || names[machine] == "" || names[machine] == b.Architecture)
}
