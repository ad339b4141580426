/// What travels between the command line and an agent, and between agents, as JSON over HTTP. Field names are the
/// records' component names; `--json` prints them as they are.
///
/// | request | body | answer |
/// |---|---|---|
/// | `GET /v1/guests` | | `GuestView[]`, the whole cluster's |
/// | `GET /v1/guests/{g}` | | `GuestView` |
/// | `POST /v1/guests?dryRun=` | `CreateRequest` | 201 `CreateAnswer` |
/// | `POST /v1/guests/{g}/pause`, `/resume`, `/shutdown` | | `GuestView` |
/// | `DELETE /v1/guests/{g}` | | 200 `GuestView` as it was: destroys it and forgets its records |
/// | `GET /v1/guests/{g}/console` | | `ConsoleView` |
/// | `GET /v1/hosts` | | `HostView[]` |
/// | `GET /v1/failover` | | `FailoverView` |
/// | `PUT /v1/failover` | `FailoverRequest` | `FailoverView`; the hosts follow within seconds |
/// | `POST /v1/guests/{g}/migration` | `MigrateRequest` | 202 `MigrationView`; 200 `Blockers` with `dryRun` |
/// | `GET /v1/guests/{g}/migration` | | `MigrationView` of the present or latest migration from this host |
/// | `PATCH /v1/guests/{g}/migration` | `AdjustRequest` | 202 `MigrationView`: changes limits while it goes on |
/// | `GET /v1/guests/{g}/migration/events` | | server-sent events: `progress`s, then one `report` |
/// | `DELETE /v1/guests/{g}/migration` | | 202 `MigrationView`: asks for cancellation |
/// | `POST /v1/guests/{g}/recovery?dryRun=` | | `RecoveryView`: asks all hosts, each puts right its own |
/// | `GET /v1/guests/{g}/presence` | | `PresenceView`: what this host has, never passed on |
/// | `POST /v1/guests/{g}/settlement` | | `SettlementView`: this host settles what it has, never passed on |
/// | `POST /v1/guests/{g}/takeover` | `TakeoverRequest` | `GuestView`: this host starts it, never passed on |
/// | `GET /metrics` | | Prometheus text |
///
/// A request for a guest that another host owns is passed on to that host's agent. Anything but 2xx carries an
/// `ErrorView`.
@NullMarked
package io.godwit.agent.api;

import org.jspecify.annotations.NullMarked;
