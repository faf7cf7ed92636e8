// The columns of a recipient as read_recipient() takes them, where `id` is the expression of the
// user's id (an audience has it from elsewhere). Literals: a statement is one text for ever.
#pragma once

#define NOTIFICATIONS_RECIPIENT_COLUMNS(id)                                             \
  id ", r.email, r.phone, r.name, r.locale, r.time_zone, r.quiet_hours, r.preferences," \
     " r.attributes, r.version, r.created_at, r.updated_at"
