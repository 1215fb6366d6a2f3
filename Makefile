# The commands of README.md. Node 24 comes with the npm packages; the Node that is installed only has to run npm.
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export NPM_CONFIG_UPDATE_NOTIFIER := false

.PHONY: lab lab-down test test-full check help prerequisites

lab: node_modules/.package-lock.json ## start a lab and run `pulumi up` in it
	@npm run -s lab -- up
	@npm run -s lab -- exec npm run -s up -- --yes --skip-preview
	@npm run -s lab -- status

lab-down: node_modules/.package-lock.json ## stop the lab; its data stays
	@npm run -s lab -- down

test: node_modules/.package-lock.json ## all checks and tests, end to end on labs of their own
	@npm test --silent

test-full: node_modules/.package-lock.json ## the same with the tests that are too long for every day
	@npm run -s test:full

check: node_modules/.package-lock.json ## types, lint, formatting
	@npm run -s check

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

prerequisites:
	@node tools/prerequisites.mjs

node_modules/.package-lock.json: package.json package-lock.json | prerequisites
	@echo "npm packages"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@
