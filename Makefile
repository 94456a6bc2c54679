# On a machine with python3 (3.11 or newer), its venv module, make and git:
#   make run     the site on 127.0.0.1:5000 (PORT=5001 make run for another port)
#   make bench   how fast it is at 10,000, 100,000 and 1,000,000 applications, beside a hand-written page
#   make load    deadline day on one host and on two, until it breaks
#   make test    everything that must be true, on SQLite and PostgreSQL, in Chromium and Firefox

SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 5000
WORKERS ?= 3
PY := .venv/bin/python
PIP_COMPILE := PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= $(PY) -m piptools compile --quiet --generate-hashes --allow-unsafe \
  --strip-extras --no-header --no-emit-index-url --no-emit-find-links
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/*.po))
BROWSER_LIBRARIES := static/vendor/tus.min.js
export PORT PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check style types imports texts diagram glossary format translations pictures bench load lock clean environment tools

run:
	@$(PYTHON) tools/port_is_free.py
	@echo '[1/4] Python 环境（第一次约需一分钟） · environment'
	@$(MAKE) --no-print-directory environment
	@echo '[2/4] 译文 · translations'
	@$(MAKE) --no-print-directory catalogues
	@echo '[3/4] 数据库、基础数据、示例账号 · database, data, sample accounts'
	@$(PY) -m flask --app app prepare --samples
	@echo '[4/4] 启动 · server'
	@TALENT_WORKER=beside exec $(PY) -m gunicorn 'app:create_app()'

test:
	@echo '[1/4] 测试所需的浏览器、字体、数据库 · what tests need from the system'
	@tests/machine/install
	@echo '[2/4] Python 环境（第一次约需一分钟） · environment'
	@$(MAKE) --no-print-directory tools
	@$(MAKE) --no-print-directory catalogues
	@echo '[3/4] make check'
	@$(MAKE) --no-print-directory check
	@echo '[4/4] pytest'
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# Reads only: the tree is the same afterwards.
check: style types imports texts diagram glossary

style: tools
	@echo 'ruff'
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check .

types: tools
	@echo 'mypy --strict accounts administration common desk documents drafts enterprises figures models operation payments uploads worker workflow'
	@$(PY) -m mypy

imports: tools
	@echo 'import-linter'
	@$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()" --no-logo > build/imports.log || { cat build/imports.log; exit 1; }

texts: tools
	@$(PY) tools/translations.py check

diagram: tools
	@echo 'README, docs/publicity.md: 流程图与流转表一致 · diagram equals the table'
	@$(PY) -m flask --app app diagram --check README.md
	@$(PY) -m flask --app app diagram --of grant --check docs/publicity.md

glossary: tools
	@$(PY) -m tools.glossary

format: tools
	@$(PY) -m ruff check --quiet --fix .
	@$(PY) -m ruff format .

translations: tools
	@$(PY) tools/translations.py update

# Looks as it does in the README with fonts-noto-cjk and chromium-l10n as well; make test installs the rest.
pictures: tools catalogues
	@echo 'docs/pictures · README 的图片'
	@$(PY) -m tools.pictures

# Wants a quiet machine with PostgreSQL; SIZES=10000,100000 make bench takes minutes, the million half an hour the first time.
bench: tools environment catalogues
	@$(PY) -m bench

# Deadline day, until the site breaks: some five minutes. LOAD_USERS=50,100,200 LOAD_STEP_SECONDS=60 make load takes longer.
load: tools environment catalogues
	@$(PY) -m load

lock: tools
	@$(PIP_COMPILE) -o requirements.lock pyproject.toml
	@$(PIP_COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	@$(PIP_COMPILE) -o tools/npm/node.lock tools/npm/node.in
	@$(PY) tools/npm lock

clean:
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis static/vendor $(CATALOGUES)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Compiled here: in production nobody who runs the site can write beside the code, and each start would compile all of it.
environment: .venv/.runtime $(BROWSER_LIBRARIES)
	@$(PY) -m compileall -q app.py config.py accounts admin_views administration commands common desk documents drafts enterprises figures migrations models operation payments server uploads worker workflow
	@$(PY) -m tools.compile_templates
tools: .venv/.tools $(BROWSER_LIBRARIES)
	@mkdir -p build

.PHONY: catalogues
catalogues: $(CATALOGUES)
	@:

%.mo: %.po | .venv/.runtime
	@.venv/bin/pybabel --quiet compile --input-file $< --output-file $@

.venv/.runtime: requirements.lock | .venv/bin/python
	@$(PY) -m pip install --quiet --require-hashes -r $<
	@touch $@

.venv/.tools: requirements-dev.lock | .venv/bin/python
	@$(PY) -m pip install --quiet --use-pep517 --require-hashes -r $<
	@touch .venv/.runtime $@

# npm packages that the pages use; Node.js comes for it from a Python package and does not stay.
$(BROWSER_LIBRARIES): tools/npm/package-lock.json tools/npm/node.lock | .venv/bin/python
	@$(PY) tools/npm

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("需要 Python 3.11 或更新的版本 · Python 3.11 or newer is needed")'
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; exit 1; }
