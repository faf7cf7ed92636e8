// What of the links is loaded when somebody goes there.
export { AnalyticsView, LinkAnalyticsView } from './analytics/analytics_view';
export { DomainsView } from './domains/domains_view';
export { ImportsView } from './imports/imports_view';
export { FlagNotice } from './reviews/flag_notice';
export { ReviewsView } from './reviews/reviews_view';
export { RulesView } from './rules/rules_view';
export { SettingsView } from './settings/settings_view';
