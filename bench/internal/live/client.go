// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package live

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// client sends logins over one kept connection, one after the other. It shares
// the cores with Vault and so does as little as it can: a request is put
// together from ready strings, and of an answer only the status and one key are
// looked at.
type client struct {
	conn    net.Conn
	answers *bufio.Reader
	request []byte       // reused
	body    bytes.Buffer // reused
}

// answerTimeout ends a run whose Vault does not answer any more.
const answerTimeout = 30 * time.Second

// dial connects to a Vault at an address such as "http://127.0.0.1:8200".
func dial(addr string) (*client, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(addr, "http://"))
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, answers: bufio.NewReaderSize(conn, 8<<10)}, nil
}

func (c *client) close() { c.conn.Close() }

// login logs in to auth/mount. Anything but a Vault token is an error.
func (c *client) login(mount, role, token string) error {
	const bodyStart, bodyMiddle, bodyEnd = `{"role":"`, `","jwt":"`, `"}`
	length := len(bodyStart) + len(role) + len(bodyMiddle) + len(token) + len(bodyEnd)
	b := append(c.request[:0], "POST /v1/auth/"...)
	b = append(b, mount...)
	b = append(b, "/login HTTP/1.1\r\nHost: vault\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(length), 10)
	b = append(b, "\r\n\r\n"+bodyStart...)
	b = append(b, role...)
	b = append(b, bodyMiddle...)
	b = append(b, token...)
	c.request = append(b, bodyEnd...)
	if err := c.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	return c.answer()
}

func (c *client) answer() error {
	resp, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	c.body.Reset()
	if _, err := io.Copy(&c.body, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || !bytes.Contains(c.body.Bytes(), []byte(`"client_token":"hv`)) {
		return fmt.Errorf("status %s: %s", resp.Status, c.body.Bytes())
	}
	return nil
}
