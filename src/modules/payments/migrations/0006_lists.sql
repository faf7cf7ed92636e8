-- What is looked for and was walked to: payments in one state, events of a rare type, notices that are old, and what of
-- the providers' names is one tenant's. (These hold on both engines.)

CREATE INDEX payments_by_state ON payments (tenant_id, state, id);

-- Those that every payment has are left out: they are found soon by walking the feed, and would cost each payment.
CREATE INDEX payment_events_of_type ON payment_events (tenant_id, type, at, subject, no)
  WHERE published = 1 AND type NOT IN ('payment.created', 'payment.authorized', 'payment.captured');

-- By their subject, whose ids rise: a row is added at the end of what it has.
CREATE INDEX payment_references_by_subject ON payment_references (tenant_id, subject, provider, reference);

CREATE INDEX payment_notices_by_time ON payment_notices (at);
