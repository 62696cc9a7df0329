package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

const tellAgainAfter = time.Hour

// Alert tells people what is wrong. `At` is in Unix seconds.
type Alert struct {
	Cause   string  `json:"cause"`
	Subject string  `json:"subject"`
	Message string  `json:"message"`
	At      float64 `json:"at"`
}

// Alerts raises alerts; the same trouble is told once an hour.
type Alerts struct {
	store   *Store
	mutex   sync.Mutex
	secrets []string
}

// Hide makes sure that a secret does not show in any message.
func (alerts *Alerts) Hide(secrets ...string) {
	alerts.mutex.Lock()
	defer alerts.mutex.Unlock()
	alerts.secrets = append(alerts.secrets, secrets...)
}

// Scrub takes secrets out of a text: messages of the other side may repeat what they were sent.
func (alerts *Alerts) Scrub(text string) string {
	alerts.mutex.Lock()
	defer alerts.mutex.Unlock()
	for _, secret := range alerts.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[secret]")
		}
	}
	return text
}

// Raise tells people.
func (alerts *Alerts) Raise(cause, subject, text string) {
	now := float64(time.Now().UnixMilli()) / 1000
	message := alerts.Scrub(subject + ": " + text)
	isNew := true
	alerts.store.Change(func(state *State) {
		for _, known := range state.Alerts {
			if known.Cause == cause && known.Subject == subject && now-known.At < tellAgainAfter.Seconds() {
				isNew = false
			}
		}
		if isNew {
			state.Alerts = append(state.Alerts, Alert{cause, subject, message, now})
		}
	})
	if isNew {
		line, _ := json.Marshal(map[string]string{"event": "alert", "cause": cause, "message": message})
		fmt.Fprintln(os.Stderr, string(line)) // in production: a page, a mail
	}
}
