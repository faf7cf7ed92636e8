-- The newest clicks of a tenant, whatever their link: the APIs of other shorteners list them.
CREATE INDEX links_clicks_by_tenant ON links_clicks (tenant_id, id);
