# Everything a newcomer needs: `make run`, `make test`, `make bench`. Each does its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find src browser/src policies -type f -not -path '*/static/build/*' -not -path '*/collection/built/*' -not -name '*.pyc') pyproject.toml browser/build.mjs
CHROMIUM := /usr/bin/chromium-headless-shell
# Four processes on two cores: walks wait for the clock's jobs more than they work. A file stays in one of them, for it may
# share a server; in the order of tests/conftest.py, the longest first. Compiled tests are kept, whatever the environment
# says: to compile them again takes each process ten seconds.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder
POSTFIX := $(VENV)/postfix/usr/lib/postfix/sbin/master
CLAMD := $(VENV)/clamd/usr/sbin/clamd
# A static site of others, on which the tests put what `avow tag` prints.
MANUAL := $(VENV)/manual/usr/share/doc/sqlite3/lang.html
# A single-page application of others, as its template's own command makes it; the tests paste the same into it, and build it.
TEMPLATE := $(VENV)/template/application/index.html
NGINX := /usr/sbin/nginx
# The other program that works out codes of an authenticator app.
OATHTOOL := /usr/bin/oathtool
# The other program that reads letters set as PDF: whether they are tagged, and what they say.
PDFINFO := /usr/bin/pdfinfo
CADDY := /usr/bin/caddy
# The other program that checks proofs: Go, and its packages for signed notes and trees of hashes, as sources.
GO := /usr/bin/go
TLOG := /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog/tlog.go
SYSTEMD := /usr/bin/systemd-analyze
POSTGRES := $(firstword $(wildcard /usr/lib/postgresql/*/bin/postgres) /usr/lib/postgresql/15/bin/postgres)

# What the tests start of Debian, and the packages of it that are missing here.
DEBIAN := $(CHROMIUM) $(OATHTOOL) $(PDFINFO) $(CLAMD) $(POSTFIX) $(MANUAL) $(POSTGRES) $(NGINX) $(CADDY) $(SYSTEMD) $(GO) $(TLOG)
unless_there = $(if $(wildcard $(1)),,$(2))
MISSING := $(call unless_there,$(CHROMIUM),chromium-headless-shell) $(call unless_there,$(POSTGRES),postgresql) \
	$(call unless_there,$(NGINX),nginx-light) $(call unless_there,$(CADDY),caddy) $(call unless_there,$(SYSTEMD),systemd) \
	$(call unless_there,$(OATHTOOL),oathtool) $(call unless_there,$(PDFINFO),poppler-utils) $(call unless_there,$(GO),golang-go) $(call unless_there,$(TLOG),golang-golang-x-mod-dev)
# Side by side, and what each says at its end.
AT_ONCE := $(MAKE) --no-print-directory --output-sync=target --jobs=3

MINUTES := 5

.PHONY: help run test test-latest quick check types rules debian bench soak lock reference clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

run: dist/.installed ## Serve the invented company's website with Avow under it
	@echo "The first account has every role. To answer requests with it, note a training, once it is made:"
	@echo "  $(BIN)/avow --config policies/marrowby/avow.toml staff trained NAME --until 2099-12-31"
	$(BIN)/avow --config policies/marrowby/avow.toml serve

test: ## Run every check and test against the built wheel
	$(AT_ONCE) check debian $(TEMPLATE) tests/openid/node_modules/.packages
	$(PYTEST)

# What a new version of a library breaks is seen before `make lock UPGRADE=--upgrade` takes it in; names of newer ones are printed.
test-latest: dist/.installed debian $(TEMPLATE) tests/openid/node_modules/.packages ## Run every test with the newest versions that pyproject.toml allows, whatever is locked
	$(PYTHON) -m venv --clear $(VENV)-latest
	$(VENV)-latest/bin/python -m pip install --quiet --upgrade "$$(echo dist/avow-*.whl)[dev]"
	$(VENV)-latest/bin/python -m pip list --outdated
	$(subst $(BIN),$(VENV)-latest/bin,$(PYTEST))

quick: check ## Run the checks, and the tests of the rooms that differ from the branch main
	@tests=$$($(BIN)/python tests/quick.py); if [ -z "$$tests" ]; then echo "No test sees this change."; \
		else echo "$$tests"; $(PYTEST) $$tests; fi

check: types rules ## Lint, types, arrows between rooms, example policies

types: dist/.installed
	$(BIN)/mypy

rules: dist/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m avow.rights.letters > /dev/null
	$(BIN)/avow --config policies/marrowby/avow.toml policy check
	$(BIN)/avow policy check --draft policies/*/policy.md
	$(BIN)/avow policy fmt --check policies/*/*.md policies/*/parts/*.md

bench: dist/.installed $(NGINX) /usr/bin/wrk ## Run the benchmarks; results go to bench/RESULTS.md
	$(BIN)/python -m bench

# As root the data lie on a small disk that is filled up meanwhile; with a C compiler the storage process's clock is moved.
soak: dist/.installed ## Be hard on a real installation for MINUTES=5, and count what was lost, stored twice, late
	$(BIN)/python -m bench.soak --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

PIP_COMPILE = $(VENV)-lock/bin/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-emit-options --allow-unsafe --strip-extras $(UPGRADE)

# What serves, with the driver of a control store on PostgreSQL; and what builds and tests as well, at the same versions.
lock: ## Renew both locks (hashes, no registry address); UPGRADE=--upgrade for newer versions
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet pip-tools
	$(PIP_COMPILE) --extra postgresql --output-file requirements.lock pyproject.toml
	$(PIP_COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

reference: dist/.installed ## Write docs/reference from the help texts, the configuration and the diagnostics
	$(BIN)/python tests/docs/reference.py

clean: ## Remove what was built; data in var/ stays
	rm -rf $(VENV) $(VENV)-lock $(VENV)-latest dist browser/node_modules tests/openid/node_modules src/avow/web/static/build src/avow/collection/built

$(VENV)/.packages: requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Avow needs Python 3.11 or later; name one: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@

browser/node_modules/.packages: browser/package-lock.json
	@node -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)' || { echo "Avow's browser part is built with Node 20 or later"; exit 1; }
	cd browser && npm ci --silent --no-audit --no-fund
	@touch $@

$(TEMPLATE): tests/browser/template/package.json tests/browser/template/package-lock.json
	mkdir -p $(VENV)/template && cp $^ $(VENV)/template
	cd $(VENV)/template && npm ci --silent --no-audit --no-fund && npx --no-install create-vue --force --router application > /dev/null
	@touch $@

# The OpenID provider at which the tests sign in.
tests/openid/node_modules/.packages: tests/openid/package-lock.json
	cd tests/openid && npm ci --silent --no-audit --no-fund
	@touch $@

dist/.installed: $(VENV)/.packages browser/node_modules/.packages requirements.lock release/components.py $(SOURCES)
	cd browser && node build.mjs
	rm -rf dist && mkdir dist
	$(BIN)/python release/components.py dist/avow.cdx.json
	$(BIN)/python -m build --wheel --no-isolation --outdir dist . > /dev/null
	$(BIN)/python -m pip install --quiet --no-deps --force-reinstall dist/avow-*.whl
	@touch $@

# Debian's packages, installed as root or with sudo: all that are missing by one call, for two at once wait for each other's lock.
APT = $(if $(filter 0,$(shell id -u)),,sudo )apt-get
INSTALL = $(APT) install -y -qq --no-install-recommends

# The tests start servers and proxies of their own; those that the packages start are not touched.
debian:
	$(if $(filter-out $(wildcard $(DEBIAN)),$(DEBIAN)),$(APT) update -qq)
	$(if $(strip $(MISSING)),$(INSTALL) $(MISSING))
	$(if $(wildcard $(CLAMD)),,$(UNPACK_CLAMD))
	$(if $(wildcard $(POSTFIX)),,$(UNPACK_POSTFIX))
	$(if $(wildcard $(MANUAL)),,$(UNPACK_MANUAL))

# Unpacked and not installed: an installed one would start services that load signatures from the internet.
define UNPACK_CLAMD
mkdir -p $(VENV)/clamd
	cd $(VENV)/clamd && apt-get download -qq clamav-daemon libmspack0 \
		$$(apt-cache depends clamav-daemon | sed -n 's/.*Depends: \(libclamav[0-9t]*\)$$/\1/p' | head -n 1)
	cd $(VENV)/clamd && for package in *.deb; do dpkg -x $$package . && rm $$package; done
endef

# Unpacked and not installed: an installed one would take the machine's mail.
define UNPACK_POSTFIX
mkdir -p $(VENV)/postfix
	cd $(VENV)/postfix && apt-get download -qq postfix libdb5.3 libnsl2 libtirpc3 \
		$$(apt-cache depends postfix | sed -n 's/.*Depends: \(libicu[0-9t]*\)$$/\1/p' | head -n 1)
	cd $(VENV)/postfix && for package in *.deb; do dpkg -x $$package . && rm $$package; done
endef

# Unpacked, for an installed one is left out where a machine keeps no documentation.
define UNPACK_MANUAL
mkdir -p $(VENV)/manual
	cd $(VENV)/manual && apt-get download -qq sqlite3-doc && dpkg -x sqlite3-doc_*.deb . && rm sqlite3-doc_*.deb
endef

$(NGINX):
	$(APT) update -qq && $(INSTALL) nginx-light

/usr/bin/wrk:
	$(APT) update -qq && $(INSTALL) wrk
