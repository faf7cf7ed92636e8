-- Notifications: a tenant's list by its newest, and what goes by its age found by it.

CREATE INDEX notifications_by_tenant ON notifications (tenant_id, id);
CREATE INDEX notifications_digests_by_age ON notifications_digests (due_at) WHERE open = 0;
CREATE INDEX notifications_digest_items_by_notification
  ON notifications_digest_items (notification_id);
CREATE INDEX notifications_caught_by_age ON notifications_caught (at);
-- Wishes: they hang on no delivery, and so go with none.
CREATE INDEX notifications_reports_wishes ON notifications_reports (received_at)
  WHERE delivery_id < 0;
