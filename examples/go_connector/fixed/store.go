package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// State is all that the connector must not forget.
type State struct {
	Tokens     string              `json:"tokens"` // sealed: tokens must not lie about in plain text
	Shops      string              `json:"shops"`  // sealed, for the ciphers
	Watermarks map[string]int64    `json:"watermarks"`
	Orders     map[string]Order    `json:"orders"`
	Stock      map[string]int      `json:"stock"`
	Wishes     map[string]Wish     `json:"wishes"`    // what the platform shall sell, until it was seen to
	Shipments  map[string]Shipment `json:"shipments"` // by package
	Inbox      map[string]Event    `json:"inbox"`     // webhooks that wait to be worked off
	Seen       map[string]int64    `json:"seen"`      // webhooks that came, and when
	Alerts     []Alert             `json:"alerts"`
	Pauses     map[string]int64    `json:"pauses"`  // call -> Unix milliseconds before which it is not wanted
	Failing    string              `json:"failing"` // cause of the last failed sync
}

// Wish is a quantity to push.
type Wish struct {
	Quantity        int  `json:"quantity"`
	CommittedBefore *int `json:"committed_before"`
}

// Shipment is a parcel that was seen to have left.
type Shipment struct {
	OrderID        string `json:"order_id"`
	PackageID      string `json:"package_id"`
	TrackingNumber string `json:"tracking_number"`
}

// Store keeps the state in one JSON file, which is replaced as a whole and never half written.
type Store struct {
	mutex sync.Mutex
	path  string
	aead  cipher.AEAD
	state State
}

// OpenStore reads the file if there is one. The key is 32 bytes in hex.
func OpenStore(path, key string) (*Store, error) {
	bytes, err := hex.DecodeString(key)
	if err != nil {
		return nil, fmt.Errorf("the key of the store is no hex: %w", err)
	}
	block, err := aes.NewCipher(bytes)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	store := &Store{path: path, aead: aead, state: State{
		Watermarks: map[string]int64{}, Orders: map[string]Order{}, Stock: map[string]int{}, Wishes: map[string]Wish{},
		Shipments: map[string]Shipment{}, Inbox: map[string]Event{}, Seen: map[string]int64{}, Pauses: map[string]int64{}, Alerts: []Alert{},
	}}
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return store, nil
	}
	if err != nil {
		return nil, err
	}
	return store, json.Unmarshal(text, &store.state)
}

// Read gives the state to look at.
func (store *Store) Read(look func(*State)) {
	store.mutex.Lock()
	defer store.mutex.Unlock()
	look(&store.state)
}

// Change gives the state to change, and keeps it. Whoever is killed here leaves the old file or the new one.
func (store *Store) Change(change func(*State)) {
	store.mutex.Lock()
	defer store.mutex.Unlock()
	change(&store.state)
	if err := store.write(); err != nil {
		// What cannot be kept must not be acted upon; a supervisor starts us again.
		panic(fmt.Sprintf("the store cannot be written: %v", err))
	}
}

func (store *Store) write() error {
	text, err := json.Marshal(&store.state)
	if err != nil {
		return err
	}
	beside := store.path + ".new"
	file, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(text); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(beside, store.path)
}

// Seal returns a value as encrypted text.
func (store *Store) Seal(value any) string {
	text, _ := json.Marshal(value)
	nonce := make([]byte, store.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(store.aead.Seal(nonce, nonce, text, nil))
}

// Unseal reads what was sealed.
func (store *Store) Unseal(sealed string, value any) {
	bytes, err := base64.StdEncoding.DecodeString(sealed)
	size := store.aead.NonceSize()
	if err == nil && len(bytes) > size {
		bytes, err = store.aead.Open(nil, bytes[:size], bytes[size:], nil)
	}
	if err == nil {
		err = json.Unmarshal(bytes, value)
	}
	if err != nil {
		panic(fmt.Sprintf("the store was sealed with another key: %v", err))
	}
}
