// Checks Avow's proofs and logs as docs/specs/audit-log.md says, with the notes and trees of golang.org/x/mod and nothing of Avow.
//
// Reads a line of JSON for each question, {"key", "proof", "log"}: `proof` is the text of a proof, `log` the folder of a published log,
// and either may be left out. Writes a line for each: {"statement", "found", "size"}, or {"refused": why}.
package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	header     = "c2sp.org/tlog-proof@v1\n"
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

type question struct {
	Key   string `json:"key"`
	Proof string `json:"proof"`
	Log   string `json:"log"`
}

type answer struct {
	Statement json.RawMessage `json:"statement,omitempty"`
	Found     json.RawMessage `json:"found,omitempty"`
	Size      int64           `json:"size,omitempty"`
	Refused   string          `json:"refused,omitempty"`
}

// What goes along with a proof; the order of the fields is that of canonical JSON.
type extra struct {
	Entry     []byte `json:"entry"`
	Found     []byte `json:"found,omitempty"`
	Reference string `json:"reference"`
	Salt      []byte `json:"salt"`
}

type proof struct {
	extra
	index      int64
	path       tlog.RecordProof
	checkpoint string
}

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, end := in.ReadBytes('\n')
		if len(line) > 0 {
			var asked question
			found, err := answer{}, json.Unmarshal(line, &asked)
			if err == nil {
				found, err = check(asked)
			}
			if err != nil {
				found = answer{Refused: err.Error()}
			}
			written, err := json.Marshal(found)
			if err != nil {
				panic(err)
			}
			fmt.Fprintf(out, "%s\n", written)
		}
		if end != nil {
			return
		}
	}
}

// check answers one question: steps (1) to (3) for a proof, (4) for a log, and (5) for both.
func check(asked question) (answer, error) {
	verifier, err := note.NewVerifier(asked.Key)
	if err != nil {
		return answer{}, err
	}
	found, then := answer{}, tlog.Tree{}
	if asked.Proof != "" {
		if found, then, err = checkProof(asked.Proof, verifier); err != nil {
			return answer{}, err
		}
	}
	if asked.Log != "" {
		if found.Size, err = checkLog(asked.Log, verifier, then); err != nil {
			return answer{}, err
		}
	}
	return found, nil
}

func checkProof(text string, verifier note.Verifier) (answer, tlog.Tree, error) {
	given, err := readProof(text)
	if err != nil {
		return answer{}, tlog.Tree{}, err
	}
	tree, err := openCheckpoint(given.checkpoint, verifier) // (1)
	if err != nil {
		return answer{}, tlog.Tree{}, err
	}
	leaf := tlog.RecordHash(given.Entry)
	if err := tlog.CheckRecord(given.path, tree.N, tree.Hash, given.index, leaf); err != nil { // (2)
		return answer{}, tlog.Tree{}, err
	}
	var said map[string]any
	if err := json.Unmarshal(given.Entry, &said); err != nil {
		return answer{}, tlog.Tree{}, err
	}
	if said["about"] != blinded(given.Salt, []byte(given.Reference)) { // (3)
		return answer{}, tlog.Tree{}, errors.New("the entry is about another request")
	}
	if hidden, isHidden := said["found"]; (isHidden || given.Found != nil) && hidden != blinded(given.Salt, given.Found) {
		return answer{}, tlog.Tree{}, errors.New("the entry is about something else that was found")
	}
	return answer{Statement: given.Entry, Found: given.Found, Size: tree.N}, tree, nil
}

// readProof takes a proof apart, and writes it again: what does not give the same text is not written as proofs are.
func readProof(text string) (proof, error) {
	head, checkpoint, isWhole := strings.Cut(text, "\n\n")
	lines := strings.Split(strings.TrimPrefix(head, header), "\n")
	if !isWhole || len(lines) < 2 {
		return proof{}, errors.New("no proof")
	}
	given := proof{checkpoint: checkpoint}
	packed, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[0], "extra "))
	if err != nil {
		return proof{}, err
	}
	if err := json.Unmarshal(packed, &given.extra); err != nil {
		return proof{}, err
	}
	if given.index, err = strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64); err != nil {
		return proof{}, err
	}
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return proof{}, err
		}
		given.path = append(given.path, hash)
	}
	if again, err := written(given); err != nil || again != text {
		return proof{}, errors.New("not written as proofs are")
	}
	return given, nil
}

func written(given proof) (string, error) {
	var packed bytes.Buffer
	encoder := json.NewEncoder(&packed)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(given.extra); err != nil {
		return "", err
	}
	text := header + "extra " + base64.StdEncoding.EncodeToString(bytes.TrimSuffix(packed.Bytes(), []byte("\n"))) + "\n"
	text += fmt.Sprintf("index %d\n", given.index)
	for _, hash := range given.path {
		text += hash.String() + "\n"
	}
	return text + "\n" + given.checkpoint, nil
}

// openCheckpoint checks who signed. The tree of a checkpoint is written as Go's checksum database writes it, but for its first line.
func openCheckpoint(text string, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	if origin != verifier.Name() {
		return tlog.Tree{}, errors.New("the checkpoint is another log's")
	}
	return tlog.ParseTree([]byte("go.sum database tree\n" + rest))
}

func blinded(salt, content []byte) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write(content)
	return hex.EncodeToString(mac.Sum(nil))
}

// checkLog hashes every entry of a published log: the entries, and the tiles as well, lead to its signed root, and its beginning to
// the tree that a proof committed to. Returns its size.
func checkLog(folder string, verifier note.Verifier, then tlog.Tree) (int64, error) {
	text, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return 0, err
	}
	now, err := openCheckpoint(string(text), verifier)
	if err != nil {
		return 0, err
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	for n := int64(0); n < now.N; n += tileWidth {
		width := tileWidth
		if now.N-n < tileWidth {
			width = int(now.N - n)
		}
		entries, err := readBundle(folder, n/tileWidth, width)
		if err != nil {
			return 0, err
		}
		for i, entry := range entries {
			hashes, err := tlog.StoredHashes(n+int64(i), entry, reader)
			if err != nil {
				return 0, err
			}
			stored = append(stored, hashes...)
		}
	}
	if err := checkTiles(folder, now.N, reader); err != nil {
		return 0, err
	}
	if now.N < then.N {
		return 0, errors.New("the log is shorter than the proof's")
	}
	for _, tree := range []tlog.Tree{now, then} {
		if tree.N == 0 {
			continue
		}
		root, err := tlog.TreeHash(tree.N, reader)
		if err != nil {
			return 0, err
		}
		if root != tree.Hash {
			return 0, fmt.Errorf("the first %d entries do not lead to the root that was signed", tree.N)
		}
	}
	return now.N, nil
}

// readBundle returns the entries of a bundle: their length in 16 bits, big-endian, before each.
func readBundle(folder string, number int64, width int) ([][]byte, error) {
	rest, err := os.ReadFile(filepath.Join(folder, "tile", "entries", tilePath(0, number, width)))
	var entries [][]byte
	for err == nil && len(rest) > 0 {
		if len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
			return nil, errors.New("a bundle is cut")
		}
		end := 2 + int(binary.BigEndian.Uint16(rest))
		entries, rest = append(entries, rest[2:end]), rest[end:]
	}
	if err == nil && len(entries) != width {
		return nil, errors.New("a bundle has not as many entries as its name says")
	}
	return entries, err
}

func checkTiles(folder string, size int64, reader tlog.HashReader) error {
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		if width := int64(tile.W); width != tileWidth && width != (size>>(tileHeight*tile.L))%tileWidth {
			continue // of a smaller log
		}
		expected, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		path := filepath.Join("tile", strconv.Itoa(tile.L), tilePath(tile.L, tile.N, tile.W))
		if given, err := os.ReadFile(filepath.Join(folder, path)); err != nil || !bytes.Equal(given, expected) {
			return fmt.Errorf("%s does not hold the hashes of the entries", path)
		}
	}
	return nil
}

// tilePath names a tile below its level: as Go's checksum database does, which puts height and level in front.
func tilePath(level int, number int64, width int) string {
	path := tlog.Tile{H: tileHeight, L: level, N: number, W: width}.Path()
	return strings.TrimPrefix(path, fmt.Sprintf("tile/%d/%d/", tileHeight, level))
}
