// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startShell runs a script and returns once it has printed its first line.
func startShell(t *testing.T, script string) *process {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	cmd := exec.Command("sh", "-c", script)
	cmd.Stdout = w
	p, err := startProcess(cmd)
	require.NoError(t, err)
	t.Cleanup(func() { p.stop(0) })
	require.NoError(t, w.Close())
	_, err = bufio.NewReader(r).ReadString('\n')
	require.NoError(t, err)
	return p
}

func TestStopAsksFirst(t *testing.T) {
	p := startShell(t, `trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done`)
	require.False(t, p.exited())
	p.stop(time.Minute)
	require.True(t, p.exited())
	require.ErrorContains(t, p.err, "exit status 7")
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	p := startShell(t, `trap '' TERM; echo ready; while :; do sleep 1; done`)
	p.stop(10 * time.Millisecond)
	require.ErrorContains(t, p.err, "killed")
}

func TestStartProcessReportsAFailedStart(t *testing.T) {
	_, err := startProcess(exec.Command("/nonexistent/program"))
	require.Error(t, err)
}

func TestChildren(t *testing.T) {
	cmd := exec.Command("cat")
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	p, err := startProcess(cmd)
	require.NoError(t, err)
	pids, err := children(os.Getpid())
	require.NoError(t, err)
	require.Contains(t, pids, p.cmd.Process.Pid)

	_, err = io.WriteString(stdin, "")
	require.NoError(t, err)
	require.NoError(t, stdin.Close())
	<-p.done
	pids, err = children(os.Getpid())
	require.NoError(t, err)
	require.NotContains(t, pids, p.cmd.Process.Pid)
}
