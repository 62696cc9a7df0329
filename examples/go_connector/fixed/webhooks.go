package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

const (
	deauthorised      = 6
	authorisationEnds = 7
	seenFor           = 7 * 86_400 // seconds; the platform repeats a webhook for less than a day
)

// Event is what a webhook is about. It only says that something changed: what is true now is read from the API.
type Event struct {
	ShopID   string   `json:"shop_id"`
	OrderIDs []string `json:"order_ids"`
}

// ReceiveWebhook checks, keeps and answers; the work is done afterwards, as the platform waits three seconds.
func (connector *Connector) ReceiveWebhook(signature string, body []byte) int {
	digest := hmac.New(sha256.New, []byte(connector.settings.AppSecret))
	digest.Write([]byte(connector.settings.AppKey))
	digest.Write(body)
	if !hmac.Equal([]byte(hex.EncodeToString(digest.Sum(nil))), []byte(signature)) {
		connector.alerts.Raise("webhook", "webhooks", "a webhook without a genuine signature was refused")
		return 401
	}
	id, kind, event := readEvent(body)
	now := time.Now().Unix()
	isNew := false
	connector.store.Change(func(state *State) {
		for seen, at := range state.Seen {
			if now-at > seenFor {
				delete(state.Seen, seen)
			}
		}
		if _, known := state.Seen[id]; known {
			return
		}
		isNew = true
		state.Seen[id] = now
		if len(event.OrderIDs) > 0 {
			state.Inbox[id] = event
		}
	})
	if !isNew {
		return 200
	}
	switch kind {
	case deauthorised:
		connector.alerts.Raise("credentials", "authorisation", "the seller removed this app")
	case authorisationEnds:
		connector.alerts.Raise("credentials", "authorisation", "the authorisation ends soon; renew it")
	}
	go func() {
		connector.work.Lock()
		defer connector.work.Unlock()
		_ = connector.workOffInbox(true) // told by an alert; the event waits for the next sync
	}()
	return 200
}

// workOffInbox is called by whoever holds `work`.
func (connector *Connector) workOffInbox(once bool) error {
	inbox := map[string]Event{}
	connector.store.Read(func(state *State) {
		for id, event := range state.Inbox {
			inbox[id] = event
		}
	})
	if len(inbox) == 0 {
		return nil
	}
	shops, err := connector.knownShops()
	if err != nil {
		return err
	}
	for _, id := range keysOf(inbox) {
		event := inbox[id]
		for _, shop := range shops {
			if shop.ID != event.ShopID {
				continue
			}
			problem, err := connector.readOrders(shop, event.OrderIDs, once)
			if err != nil {
				return err
			}
			if problem != nil {
				return problem
			}
		}
		connector.store.Change(func(state *State) { delete(state.Inbox, id) })
	}
	return nil
}

func readEvent(body []byte) (id string, kind int, event Event) {
	digest := sha256.Sum256(body)
	id = hex.EncodeToString(digest[:])
	var read struct {
		Type         int    `json:"type"`
		ShopID       anyID  `json:"shop_id"`
		Notification string `json:"tts_notification_id"`
		Data         struct {
			OrderID     anyID `json:"order_id"`
			PackageList []struct {
				OrderIDList []anyID `json:"order_id_list"`
			} `json:"package_list"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &read) != nil {
		return id, -1, event
	}
	if read.Notification != "" {
		id = string(read.ShopID) + " " + read.Notification
	}
	event.ShopID = string(read.ShopID)
	ids := []anyID{read.Data.OrderID}
	for _, parcel := range read.Data.PackageList {
		ids = append(ids, parcel.OrderIDList...)
	}
	for _, each := range ids {
		if isID.MatchString(string(each)) && !slices.Contains(event.OrderIDs, string(each)) {
			event.OrderIDs = append(event.OrderIDs, string(each))
		}
	}
	return id, read.Type, event
}

// anyID reads an id that comes as text or, in some webhooks, as a number; all its digits are kept.
type anyID string

// UnmarshalJSON takes the digits as they stand.
func (id *anyID) UnmarshalJSON(text []byte) error {
	var number json.Number
	if err := json.Unmarshal(text, &number); err != nil {
		return nil // no id: then there is nothing to read
	}
	*id = anyID(number)
	return nil
}
