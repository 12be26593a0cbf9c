# docker build -t pellucid . && docker run --rm -p 127.0.0.1:8501:8501 -v pellucid:/home/pellucid/.cache pellucid
FROM python:3.12-slim

RUN useradd --create-home pellucid
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=pellucid . .
USER pellucid

EXPOSE 8501
# Inside the container every interface is the container's own; publish the port on loopback.
CMD ["python", "-m", "streamlit", "run", "dashboard/app.py", "--server.address=0.0.0.0"]
