// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// commandFor is the file's name in the plugin directory. The version is part of
// it: Vault cannot replace a binary that runs, and a registered one never
// changes.
func commandFor(plugin, version string) string {
	return plugin + "_" + strings.TrimPrefix(version, "v")
}

// installed tells whether the file is in place with these bytes. Another file
// under the name is a refusal.
func installed(dir, name, sha string) (bool, error) {
	path := filepath.Join(dir, name)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, refuse("%s is no regular file, and Vault does not run links", path)
	}
	is, err := sum(path)
	if err != nil {
		return false, err
	}
	if is != sha {
		return false, refuse("%s is there already with other bytes (SHA-256 %s). A version never changes: build the binary as a new version, or remove that file if no mount runs it", path, is)
	}
	if info.Mode().Perm()&0o111 == 0 {
		return false, refuse("%s is there, but may not be executed: chmod 0755 it", path)
	}
	return true, nil
}

// install copies the binary into the directory as one step: whoever looks sees
// the whole file or none.
func install(b Binary, dir, name string) error {
	from, err := os.Open(b.Path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.CreateTemp(dir, "."+name+".*")
	if err != nil {
		return fmt.Errorf("writing to the plugin directory: %w", err)
	}
	defer os.Remove(to.Name()) // gone already when all went well
	_, err = io.Copy(to, from)
	err = errors.Join(err, to.Chmod(0o755), to.Sync(), to.Close())
	if err != nil {
		return fmt.Errorf("writing to the plugin directory: %w", err)
	}
	// The file at b.Path may have changed since it was examined.
	if is, err := sum(to.Name()); err != nil || is != b.SHA256 {
		return errors.Join(err, refuse("%s changed while it was copied", b.Path))
	}
	if err := os.Rename(to.Name(), filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the new name last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// checkDir refuses what Vault refuses, before anything is written.
func checkDir(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	info, err := os.Lstat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", refuse("there is no plugin directory %s on this machine. If Vault runs elsewhere, put the file there by other means and give -plugin-dir=none", abs)
	case err != nil:
		return "", err
	case info.Mode()&fs.ModeSymlink != 0:
		return "", refuse("the plugin directory %s is a symbolic link, which Vault refuses", abs)
	case !info.IsDir():
		return "", refuse("%s is no directory", abs)
	}
	return abs, nil
}
